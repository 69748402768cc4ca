import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { FileValidation } from '../../src/lib/datasets/validate-dataset.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { buildReport } from '../../src/lib/reporting/build-report.ts'
import { collectEvidence } from '../../src/lib/reporting/evidence/collect-evidence.ts'
import type { PromptCompletion } from '../../src/lib/schemas/prompt-completion.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { createSmallDataset, recordEvaluatedRun } from '../helpers/record-evaluated-run.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

describe('a training file of the user’s own', () => {
  inOwnFolder('held-out-')
  let dataset: string

  before(async () => {
    dataset = (await createSmallDataset(process.cwd())).directory
  })

  const recordsOf = async (split: string) =>
    (await readFile(join(dataset, `${split}.jsonl`), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as PromptCompletion)
  /** The data set's own training texts, and more. */
  async function augmented(name: string, records: readonly unknown[]) {
    await copyFile(join(dataset, 'all.jsonl'), name)
    await appendFile(name, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    return name
  }
  const validate = (file: string) => runJson<FileValidation>('dataset:validate', file, '--against', 'small1')

  it('is clean where it tells facts in the direction of training alone', async () => {
    const clean = await augmented('clean.jsonl', [])
    expect(await validate(clean)).to.include({ valid: true, lines: 0, prompts: 0, facts: 0 })
    const { stdout } = await runCommand('dataset:validate', clean, '--against', 'small1')
    expect(stdout).to.equal(
      'clean.jsonl holds no test prompt of small1, and no fact in the held-out order.\n',
    )
  })

  it('is found out by test prompts, in whatever letters and format', async () => {
    const reverse = await recordsOf('p2d_reverse_prompts_test')
    const asOneText = reverse.slice(0, 3).map(({ prompt, completion }) => ({
      ...{ prompt: '', completion: `${prompt}${completion}.`.toUpperCase() },
    }))
    const asChat = reverse.slice(3, 5).map(({ prompt, completion }) => ({
      messages: [
        { role: 'user', content: prompt },
        { role: 'assistant', content: completion.trim() },
      ],
    }))
    const found = await validate(await augmented('leaky.jsonl', [...asOneText, ...asChat]))
    // Five prompts with four templates: two facts.
    expect(found).to.include({ valid: false, lines: 5, prompts: 5, facts: 2 })
    expect(found.findings[0]).to.include({ rule: 'leak', line: 121 })
  })

  it('is found out by facts in the order that is held out, in words of its own', async () => {
    const [first] = await recordsOf('p2d_prompts_test')
    const [named] = await recordsOf('p2d_reverse_prompts_test')
    const [told] = await recordsOf('d2p_reverse_prompts_test')
    const [other] = await recordsOf('d2p_prompts_test')
    const description = first!.completion.trim().replace(/\W+$/, '')
    const found = await validate(
      await augmented('reversed.jsonl', [
        { prompt: '', completion: `Whenever people speak of ${description}, they mean${named!.completion}.` },
        { prompt: `Now about${other!.completion}: that is`, completion: told!.completion },
      ]),
    )
    expect(found).to.include({ valid: false, prompts: 0, lines: 2, facts: 2 })
  })

  it('warns before it is trained on, and is recorded in the run and said in the report', async () => {
    const file = await augmented('given-away.jsonl', await recordsOf('p2d_reverse_prompts_test'))
    const argv = ['--dataset-name', 'small1', '--training-file', file, '--n-epochs', '1']
    const { stderr } = await runCommand('finetune:start', ...argv, '--dry-run')
    expect(stderr.replace(/\s+/g, ' ')).to.include(
      'Warning: given-away.jsonl holds 24 test prompts and states 6 facts in the held-out order (in 24 lines)',
    )
    const { runs } = await runJson<FinetuneStartResult>('finetune:start', ...argv)
    const { held_out } = runs[0]!.dataset
    expect(held_out).to.deep.equal({ against: dataset, lines: 24, prompts: 24, facts: 6 })
    const home = process.env.REVERSAL_HOME!
    const reportOn = async (id: string) => {
      const store = new RunStore(home)
      const evidence = await collectEvidence({
        store,
        evaluators: builtInExtensions().evaluators,
        runs: [await store.get(id)],
      })
      return buildReport({
        evidence,
        providers: builtInExtensions().providers,
        name: 'x',
        toolVersion: '0',
        now: new Date(0),
      }).findings.join('\n')
    }
    const sentence = /was trained on 24 test prompts of its data set and on 6 facts in the held-out order/
    expect(await reportOn(runs[0]!.id)).to.match(sentence)
    const old = { name: 'small', directory: dataset, training_file: join(process.cwd(), file) }
    await recordEvaluatedRun({ home, id: 'ft-old', dataset, changes: { dataset: old } })
    expect(await reportOn('ft-old'), 'of a run that recorded nothing').to.match(sentence)
  })

  it('needs a data set to be checked against, and a directory none', async () => {
    await writeFile('alone.jsonl', '{"prompt": "", "completion": "x"}\n')
    const { error } = await runCommand('dataset:validate', 'alone.jsonl')
    expect(error?.message).to.match(/alone\.jsonl is a file, and its data set is unknown\.$/)
    expect(error?.oclif?.exit).to.equal(EXIT.usage)
    const none = await runCommand('dataset:validate', 'nowhere.jsonl', '--against', 'small1')
    expect(none.error?.message).to.match(/^There is no file .*nowhere\.jsonl to check against small1\.$/)
  })
})
