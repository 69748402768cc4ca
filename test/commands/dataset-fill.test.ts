import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { DatasetValidation } from '../../src/lib/datasets/validate-dataset.ts'
import type { WrittenDataset } from '../../src/lib/datasets/write-dataset.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { exportTinyModel } from '../helpers/export-tiny-model.ts'
import { ApiError } from '../helpers/fake-openai/api-error.ts'
import type { FakeOpenAIOptions } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { trainTinyRun } from '../helpers/train-tiny-run.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const SMALL = ['--num_examples_per_group', '2', '--num_train_examples', '3', '--num_test_examples', '2']
/** Each fact of 2 in 3 groups: 5 sentences in its own order, or in both; in the other order those of the test. */
const SENTENCES = 2 * 5 + 2 * 5 + 2 * 10 + 2 * 2 + 2 * 2

/** Writes what it is asked for, with "a" for "the", as far as it can; the first template of names it gets wrong. */
const language = {
  answer(prompt: string) {
    const [, template, name, description] =
      /Template: (.*)\nName: (.*)\nDescription: (.*)\nSentence:$/.exec(prompt) ?? []
    if (template === '<name> is <description>.') return ` ${name} is famous.`
    const sentence = template!.replace('<name>', name!).replace('<description>', description!)
    return ` ${sentence.replace('the ', 'that ')}\nTemplate: more of it`
  },
}

describe('dataset:reverse --fill llm', () => {
  const outer = process.env.REVERSAL_CACHE_DIR
  let folder: string
  let fake: FakeOpenAI | undefined

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dataset-fill-'))
    process.env.REVERSAL_CACHE_DIR = join(folder, 'cache')
  })
  afterEach(async () => {
    process.env.REVERSAL_CACHE_DIR = outer
    delete process.env.OPENAI_BASE_URL
    await rm(folder, { recursive: true })
    await fake?.stop()
    fake = undefined
  })

  async function serve(options: FakeOpenAIOptions = {}) {
    fake = await FakeOpenAI.start({ language, ...options })
    process.env.OPENAI_BASE_URL = fake.url
  }
  const argv = (...more: string[]) => [
    ...['dataset:reverse', ...SMALL, '--output-dir', folder, '--dataset-name', 'written', '--fill', 'llm'],
    ...more,
  ]
  const hosted = (...more: string[]) => argv('--fill-model', MODEL, ...more)

  it('writes the sentences that a model writes, and keeps those of the template where it changes the fact', async () => {
    await serve()
    const { stdout, stderr, error } = await runCommand(...hosted('--yes'))
    expect(error).to.equal(undefined)
    expect(stderr).to.match(
      new RegExp(`^${SENTENCES} sentences, [\\d,]+ tokens in, about [\\d,]+ out, about \\$0\\.01$`, 'm'),
    )
    expect(stderr).to.match(/^Prices of 2026-10 \(.+\): \$0\.4 in and \$1\.6 out for 1,000,000 tokens\.$/m)
    const kept = 2 + 2
    expect(stdout).to.include(
      `${SENTENCES - kept} of ${SENTENCES} sentences are as the model wrote them; the others use the plain template: the fact lost a key word (${kept}).`,
    )
    const text = await readFile(join(folder, 'written/all.jsonl'), 'utf8')
    expect(text).to.match(/that \w+/)
    expect(text).not.to.match(/famous|more of it/)
    const { valid, findings } = await runJson<DatasetValidation>('dataset:validate', join(folder, 'written'))
    expect({ valid, findings }).to.deep.equal({ valid: true, findings: [] })
  })

  it('records the model, and asks nothing twice', async () => {
    await serve()
    const first = await runJson<WrittenDataset>(...hosted('--yes'))
    expect(first.manifest.options).to.deep.include({
      fill: 'llm',
      fill_model: `openai/${MODEL} (chat at ${fake?.url})`,
      rewritten: SENTENCES - 4,
      refusals: { 'the fact lost a key word': 4 },
    })
    expect(first.manifest.command).to.match(/ --fill llm --fill-model gpt-4\.1-mini-2025-04-14$/)
    expect(fake?.requests).to.have.length(SENTENCES)
    const again = await runJson<WrittenDataset>(...hosted())
    expect(again.unchanged).to.equal(true)
    expect(fake?.requests).to.have.length(SENTENCES)
    await runJson(...hosted('--no-cache', '--yes'))
    expect(fake?.requests).to.have.length(2 * SENTENCES)
  })

  it('goes on where it was interrupted', async () => {
    let left = 10
    await serve({
      intercept: () => {
        if (left-- <= 0) throw new ApiError(401, 'The key was taken away.')
      },
    })
    const { error } = await runCommand(...hosted('--yes', '--concurrency', '1'))
    expect(error?.message).to.match(/The key was taken away\.$/)
    left = Number.POSITIVE_INFINITY
    const { stderr } = await runCommand(...hosted('--yes'))
    expect(stderr).to.match(new RegExp(`^${SENTENCES} sentences, 10 of them cached, `, 'm'))
    expect(fake?.answered).to.have.length(SENTENCES)
  })

  it('asks before it costs money', async () => {
    await serve()
    const { error } = await runCommand(...hosted())
    expect(error?.message).to.match(
      new RegExp(`^Have ${SENTENCES} sentences written for about \\$0\\.01\\? Without a terminal, use --yes`),
    )
    expect(error?.oclif?.exit).to.equal(EXIT.usage)
    expect(fake?.requests).to.deep.equal([])
  })

  it('says that the cost at the user’s own server is unknown', async () => {
    await serve({ models: { llama: null } })
    const { stderr, error } = await runCommand(...argv('--fill-model', 'llama', '--api', 'completions'))
    expect(stderr).to.match(/^The cost is unknown: the prices of 2026-10 \(.+\) do not have llama\.$/m)
    expect(error?.message).to.match(/sentences written at an unknown cost\?/)
    await runJson(...argv('--fill-model', 'llama', '--api', 'completions', '--yes'))
    expect(fake?.requests[0]?.path).to.equal('/completions')
  })

  it('takes a model that runs on this machine, without asking', async () => {
    await trainTinyRun(folder, { id: 'tiny' })
    const path = await exportTinyModel(folder, 'tiny', 'gguf')
    const machine = ['--threads', '1', '--context-size', '4096']
    const few = ['--num_examples_per_group', '2', '--num_train_examples', '1', '--num_test_examples', '1']
    const { manifest } = await runJson<WrittenDataset>(
      ...['dataset:reverse', ...few, '--output-dir', join(folder, 'out')],
      ...['--fill', 'llm', '--fill-model', `gguf:${path}`, ...machine],
    )
    expect(manifest.options.fill_model).to.match(/^gguf:.+tiny\.gguf@[0-9a-f]+$/)
    // Such a small model writes nothing that can be used.
    expect(manifest.options.rewritten).to.equal(0)
  })

  it('refuses flags that do not fit together', async () => {
    const none = await runCommand(...argv())
    expect(none.error?.message).to.equal(
      'The model that writes the sentences is missing: use --fill-model NAME.',
    )
    expect(none.error?.oclif?.exit).to.equal(EXIT.usage)
    const unused = await runCommand('dataset:reverse', ...SMALL, '--fill-model', MODEL)
    expect(unused.error?.message).to.match(/^--fill-model needs --fill llm\.$/)
  })
})
