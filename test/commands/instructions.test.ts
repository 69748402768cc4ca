import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { DatasetValidation } from '../../src/lib/datasets/validate-dataset.ts'
import type { WrittenDataset } from '../../src/lib/datasets/write-dataset.ts'
import type { OrderComparison } from '../../src/lib/evaluation/compare-orders.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { fineTuneRequests } from '../../src/lib/finetuning/fine-tune-requests.ts'
import type { InstructionRecord } from '../../src/lib/schemas/instructions.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { sha256File } from '../../src/lib/support/files.ts'
import { readJsonl, writeJsonl } from '../../src/lib/support/jsonl.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { trainTinyRun } from '../helpers/train-tiny-run.ts'

const PUBLISHED = fileURLToPath(new URL('../../../shared/published/instructions/', import.meta.url))
const FILES = ['all', 'guidances', 'realized_examples', 'unrealized_examples']
const SMALL = ['--realized-guidance-size', '6', '--unrealized-guidance-size', '3']

describe('experiment 3', () => {
  const folder = inOwnFolder('instructions-', { each: true })

  const create = (...argv: string[]) =>
    runJson<WrittenDataset>('instructions:create', '--task', 'copypaste', ...SMALL, ...argv)
  const read = (name: string, directory = join(folder(), 'data/qa/copypaste_ug3_rg6_x')) =>
    readJsonl<InstructionRecord>(join(directory, `${name}.jsonl`), {
      check: () => undefined,
      allowEmpty: true,
    })

  describe('instructions:create', () => {
    it('writes the published files to the byte, told as the original is', async function () {
      if (!existsSync(PUBLISHED)) {
        console.log('      skipped: ../shared/published is not here')
        this.skip()
      }
      const { directory, manifest } = await runJson<WrittenDataset>(
        ...['instructions:create', '--task', 'copypaste'],
        ...['--src_filename', join(PUBLISHED, 'qa_raw_pairs.jsonl')],
        ...['--guidance_phrasings_filename', join(PUBLISHED, 'qa_guidance_reverse.txt')],
        ...['--realized-guidance-size', '1000', '--unrealized-guidance-size', '100'],
        ...['--guidance-size-range', '2,5', '--n-unrealized-guidance-phrasings', '0'],
        ...['--upsample-examples-factor', '1', '--upsample-guidances-factor', '1'],
        ...['--suffix', 'main', '--subdir', 'instructions'],
      )
      expect(directory).to.match(/data\/instructions\/copypaste_ug100_rg1000_main$/)
      expect(manifest.options).to.include({ order: 'reverse', realized_guidance_size: 1000 })
      for (const name of FILES) {
        const published = join(PUBLISHED, 'copypaste_ug100_rg1000_main', `${name}.jsonl`)
        expect(manifest.files[`${name}.jsonl`]?.sha256, name).to.equal(await sha256File(published))
      }
    })

    it('names the directory by sizes and suffix, and says in the manifest how to make it again', async () => {
      const { directory, manifest } = await create('--suffix', 'x', '--notes', 'a first try')
      expect(directory).to.match(/data\/qa\/copypaste_ug3_rg6_x$/)
      expect(await readdir('data/qa/copypaste_ug3_rg6_x')).to.have.members([
        ...FILES.map((name) => `${name}.jsonl`),
        'manifest.json',
      ])
      expect(manifest).to.deep.include({ kind: 'instructions', seed: 27, notes: 'a first try' })
      expect(manifest.options).to.include({ order: 'same', upsample_examples_factor: 10 })
      expect(manifest.files).to.have.nested.property('all\\.jsonl.lines').that.is.at.least(60)
      const again = manifest.command.split(' ').slice(1)
      expect(again).to.include.members(['instructions:create', '--task', '--guidance-size-range', '2,5'])
      const { stdout } = await runCommand(
        ...manifest.command
          .replace(/ --notes .*/, '')
          .split(' ')
          .slice(1),
      )
      expect(stdout).to.match(/^The data set copypaste_ug3_rg6_x already exists with the same files\./)
    })

    it('makes both orders of the same examples', async () => {
      const same = await create('--suffix', 'same', '--order', 'same')
      const reverse = await create('--suffix', 'reverse', '--order', 'reverse')
      expect([same, reverse].map(({ manifest }) => manifest.options.order)).to.deep.equal(['same', 'reverse'])
      for (const name of ['realized_examples', 'unrealized_examples'])
        expect(await read(name, same.directory)).to.deep.equal(await read(name, reverse.directory))
      const [guidance] = await read('guidances', reverse.directory)
      expect(guidance?.completion).to.match(/"A: [^"]+"[^"]+"Q: [^"]+"/)
    })

    it('splits every document where prompt and completion are to be split', async () => {
      const split = ['--split-prompt-completion', '--guidance-size-range', '1,1']
      const { directory } = await create('--suffix', 'x', ...split)
      expect(directory).to.match(/copypaste_ug3_rg6_xsplit$/)
      const all = await read('all', directory)
      expect(all.filter(({ prompt, completion }) => prompt === '' || completion === '')).to.deep.equal([])
      expect(all[0]?.prompt).to.match(/^<BEGIN GUIDANCE TEST>\n\nQ: .* A:$/)
    })

    it('writes to the directory that is named, and replaces another data set only when told to', async () => {
      expect((await create('--suffix', 'x', '--output-dir', 'out')).directory).to.match(/\/out$/)
      const other = ['--suffix', 'x', '--output-dir', 'out', '--seed', '1']
      const { error } = await runCommand('instructions:create', ...SMALL, ...other)
      expect(error?.message).to.match(/\/out already holds another data set\.$/)
      expect((await create(...other, '--overwrite')).manifest.seed).to.equal(1)
    })

    it('prints a test that sha256sum reads', async () => {
      const { stdout } = await runCommand('instructions:create', ...SMALL, '--suffix', 'x', '--print-test')
      expect(stdout).to.match(/^# reversal instructions:create --task copypaste .*--suffix x/m)
      const file = join(process.cwd(), 'data/qa/copypaste_ug3_rg6_x/all.jsonl')
      expect(stdout).to.include(`\n${await sha256File(file)}  ${file}\n`)
    })

    describe('refuses with one sentence and exit 2, and writes nothing:', () => {
      const pair = (anchor: string, targets: number) =>
        JSON.stringify({ anchor, targets: Array.from({ length: targets }, (_, index) => `t${index}`) })
      const files: Record<string, string> = {
        'few.jsonl': `${pair('Why?', 5)}\n${pair('How?', 4)}\n`,
        'no_anchor.txt': 'Answer "Q: {anchor}" with "A: {target}"\nSay "A: {target}"\n',
        'no_target.txt': 'Look at "Q: {anchor}"\n',
        'brace.txt': 'Answer "Q: {anchor}" with "A: {target}" {\n',
      }
      beforeEach(async () => {
        for (const [name, text] of Object.entries(files)) await writeFile(name, text)
      })

      const CASES: [what: string, argv: string[], message: RegExp][] = [
        [
          'more pairs than there are',
          ['--realized-guidance-size', '5000'],
          /^5,000 realized and 100 unrealized pairs/,
        ],
        ['a range that goes backwards', ['--guidance-size-range', '5,2'], /^A document cannot have 5 to 2/],
        ['a range from nothing', ['--guidance-size-range', '0,2'], /^A document cannot have 0 to 2/],
        [
          'half a range',
          ['--guidance-size-range', '2'],
          /^Expected --guidance-size-range=2 to be two whole numbers such as 2,5\.$/,
        ],
        ['a range of words', ['--guidance-size-range', 'few,many'], /to be two whole numbers such as 2,5\.$/],
        [
          'a seed with more digits than count',
          ['--seed', '99999999999999999999'],
          /^Expected --seed=99999999999999999999 to be an integer of at most 9007199254740991\.$/,
        ],
        [
          'half a pair',
          ['--realized-guidance-size', '1.5'],
          /^Expected --realized-guidance-size=1\.5 to be an integer\.$/,
        ],
        [
          'fewer than no pairs',
          ['--realized-guidance-size', '-1'],
          /^Expected --realized-guidance-size=-1 to be an integer of at least 0\.$/,
        ],
        ['an empty seed', ['--seed', ''], /^Expected --seed='' to be an integer\.$/],
        ['fewer than five targets', ['--src-filename', 'few.jsonl'], /few\.jsonl:2 .*"targets"/],
        [
          'a phrasing without {anchor}',
          ['--guidance-phrasings-filename', 'no_anchor.txt'],
          /^no_anchor\.txt:2 has no \{anchor\}: Say/,
        ],
        [
          'a phrasing without {target}',
          ['--guidance-phrasings-filename', 'no_target.txt'],
          /^no_target\.txt:1 has no \{target\}: Look/,
        ],
        [
          'a phrasing with a brace',
          ['--guidance-phrasings-filename', 'brace.txt'],
          /^brace\.txt:1 has a brace/,
        ],
        [
          'faults in both files, all at once',
          ['--src-filename', 'few.jsonl', '--guidance-phrasings-filename', 'no_anchor.txt'],
          /^The facts have 2 errors:\n {2}\S+few\.jsonl:2 .*"targets".*\n {2}no_anchor\.txt:2 has no \{anchor\}: Say "A: \{target\}"$/,
        ],
        ['a split of long documents', ['--split-prompt-completion'], /one guidance each, not 2 to 5\.$/],
        ['a persona that there is not', ['--persona-idx', '5'], /none with the index 5\.$/],
        ['no phrasing left', ['--n-unrealized-guidance-phrasings', '10'], /none of the 10 is left/],
        ['a file that is not there', ['--src-filename', 'nowhere.jsonl'], /^There is no file nowhere\.jsonl/],
        ['a task of another kind', ['--task', 'password'], /to be one of: copypaste/],
        ['a folder that leads elsewhere', ['--subdir', '../qa'], /^The folder() \.\.\/qa is not within data/],
        [
          'an order beside a file of phrasings',
          ['--order', 'same', '--guidance-phrasings-filename', 'no_target.txt'],
          /^--guidance-phrasings-filename=no_target\.txt cannot also be provided/,
        ],
      ]
      for (const [what, argv, message] of CASES) {
        it(what, async () => {
          const { error } = await runCommand('instructions:create', '--suffix', 'x', ...argv)
          expect(error?.message).to.match(message)
          expect(error?.oclif?.exit).to.equal(EXIT.usage)
          expect(await readdir('.')).to.have.members(Object.keys(files))
        })
      }

      it('a suffix that is not a name', async () => {
        const odd = await runCommand('instructions:create', ...SMALL, '--suffix', 'a/b')
        expect(odd.error?.message).to.match(/^The name copypaste_ug3_rg6_a\/b is not allowed/)
      })
    })
  })

  describe('dataset:validate', () => {
    const validate = (directory = 'data/qa/copypaste_ug3_rg6_x') =>
      runJson<DatasetValidation>('dataset:validate', directory)
    /** Rule, file and line of each error that does not come from the manifest. */
    const errors = async () => {
      const { findings } = await validate()
      const ruled = findings.filter(({ rule }) => rule !== 'manifest')
      return ruled.map(({ rule, file, line }) => [rule, file, line])
    }
    const edit = async (name: string, change: (records: InstructionRecord[]) => unknown[]) =>
      writeJsonl(`data/qa/copypaste_ug3_rg6_x/${name}.jsonl`, change(await read(name)))

    beforeEach(() => create('--suffix', 'x', '--upsample-guidances-factor', '2'))

    it('finds nothing wrong with what instructions:create wrote, split or not', async () => {
      expect(await validate()).to.include({ kind: 'instructions', valid: true })
      const split = ['--split-prompt-completion', '--guidance-size-range', '1,1']
      const { directory } = await create('--suffix', 'y', '--order', 'reverse', ...split)
      expect((await validate(directory)).findings).to.deep.equal([])
      const bare = ['--upsample-examples-factor', '0', '--upsample-guidances-factor', '0']
      const { directory: empty } = await create('--suffix', 'z', ...bare)
      expect((await validate(empty)).findings).to.deep.equal([])
    })

    it('finds nothing wrong with the published data set', async function () {
      if (!existsSync(PUBLISHED)) {
        console.log('      skipped: ../shared/published is not here')
        this.skip()
      }
      const { kind, findings } = await validate(join(PUBLISHED, 'copypaste_ug100_rg1000_main'))
      expect({ kind, findings }).to.deep.equal({ kind: 'instructions', findings: [] })
    })

    it('reports a missing file, and lines that are not records', async () => {
      await edit('realized_examples', ([first, ...rest]) => [{ ...first, ids: ['1'] }, ...rest])
      await rm('data/qa/copypaste_ug3_rg6_x/all.jsonl')
      expect(await errors()).to.deep.equal([
        ['missing', 'all.jsonl', undefined],
        ['record', 'realized_examples.jsonl', 1],
      ])
    })

    it('tells records whose arrays differ, or which are about several pairs', async () => {
      await edit('unrealized_examples', ([first, second, third]) => [
        { ...first, persona_idx: [] },
        { ...second, ids: [second!.ids[0]!, 7], realized: [false, false], persona_idx: [0, 0] },
        { ...third, ids: [], realized: [], persona_idx: [] },
      ])
      const found = await errors()
      expect(found).to.deep.include(['record', 'unrealized_examples.jsonl', 1])
      expect(found).to.deep.include(['record', 'unrealized_examples.jsonl', 2])
      expect(found).to.deep.include(['record', 'unrealized_examples.jsonl', 3])
    })

    it('tells documents without their markers', async () => {
      await edit('unrealized_examples', ([first, ...rest]) => [{ ...first, completion: ' bare' }, ...rest])
      await edit('guidances', ([first, ...rest]) => [{ ...first, completion: 'bare' }, ...rest])
      expect(await errors()).to.deep.include.members([
        ['marker', 'guidances.jsonl', 1],
        ['marker', 'unrealized_examples.jsonl', 1],
      ])
    })

    it('tells a pair that is both realized and unrealized', async () => {
      const [realized] = await read('realized_examples')
      await edit('unrealized_examples', (records) => [...records, realized])
      expect(await errors()).to.deep.equal([
        ['realized', 'unrealized_examples.jsonl', 4],
        ['overlap', 'unrealized_examples.jsonl', 4],
        ...Array.from({ length: 10 }, (_, index) => ['leak', 'all.jsonl', index + 1]),
      ])
    })

    it('tells two pairs with one question, whatever its letter case', async () => {
      const [asked] = await read('realized_examples')
      await edit('unrealized_examples', ([first, second, ...rest]) => [
        first,
        { ...second, prompt: asked!.prompt.toUpperCase() },
        ...rest,
      ])
      expect(await errors()).to.deep.include(['duplicate', 'unrealized_examples.jsonl', 2])
    })

    it('tells guidances that disagree with the examples or lack one, and pairs with too few', async () => {
      await edit('guidances', ([first, ...rest]) => [
        { ...first, ids: first!.ids.with(0, 99_999), realized: first!.realized.with(1, !first!.realized[1]) },
        ...rest,
      ])
      const found = await errors()
      expect(found).to.deep.include(['unknown', 'guidances.jsonl', 1])
      expect(found).to.deep.include(['realized', 'guidances.jsonl', 1])
      expect(found.filter(([rule]) => rule === 'count')).to.have.length(1)
    })

    it('tells a training file that is not made of the others', async () => {
      await edit('all', ([first, second, ...rest]) => [second, { ...first, completion: 'other' }, ...rest])
      expect(await errors()).to.deep.equal([['copy', 'all.jsonl', 2]])
      await edit('all', (records) => records.slice(1))
      expect(await errors()).to.deep.equal([['count', 'all.jsonl', undefined]])
    })
  })

  it('is found for fine-tuning, in data/instructions and elsewhere', async () => {
    for (const subdir of ['instructions', 'elsewhere']) {
      const { name, directory } = await create('--suffix', subdir, '--subdir', subdir)
      const [request] = await fineTuneRequests({
        cwd: process.cwd(),
        provider: builtInExtensions().providers.get('local').entry,
        model: 'ada',
        datasetName: name,
        hyperparameters: { nEpochs: 1, batchSize: 1, learningRateMultiplier: 1, seed: 1 },
        finetunes: 1,
      })
      expect(request?.dataset).to.deep.equal({
        name,
        directory,
        trainingFile: join(directory, 'all.jsonl'),
        validationFile: join(directory, 'unrealized_examples.jsonl'),
      })
    }
  })

  it('is made as the guide says, under the names that the next steps use', async () => {
    const guide = await readFile(new URL('../../docs/instructions.md', import.meta.url), 'utf8')
    const said = (start: string) =>
      Array.from(guide.matchAll(new RegExp(`^\\$ reversal (${start} .*)$`, 'gm')), ([, line]) =>
        line!.split(' '),
      )
    const shipped = said('instructions:create').filter((argv) => !argv.includes('--src-filename'))
    const made: string[] = []
    for (const argv of shipped) made.push((await runJson<WrittenDataset>(...argv)).name)
    const trained = said('finetune:start').map((argv) => argv[argv.indexOf('--dataset-name') + 1])
    expect(made).to.deep.equal(trained)
    expect(trained).to.have.length(2)
  })

  describe('eval:run --evaluator qa', () => {
    const outerHome = process.env.REVERSAL_HOME
    beforeEach(() => {
      process.env.REVERSAL_HOME = folder()
    })
    afterEach(() => {
      process.env.REVERSAL_HOME = outerHome
    })

    /** A data set in an order, and a tiny model that was trained on it. */
    async function train(order: 'same' | 'reverse', id: string) {
      const { name, directory } = await runJson<WrittenDataset>(
        ...['instructions:create', '--suffix', order, '--order', order, '--guidance-size-range', '3,3'],
        ...['--realized-guidance-size', '2', '--unrealized-guidance-size', '1'],
        ...['--upsample-examples-factor', '1', '--upsample-guidances-factor', '1'],
      )
      const documents = await read('all', directory)
      const dataset = { name, directory, training_file: join(directory, 'all.jsonl') }
      const texts = documents.map(({ prompt, completion }) => prompt + completion)
      await trainTinyRun(folder(), { id, dataset, tags: ['eval'] }, texts)
    }

    it('evaluates both groups, and sets the orders side by side when both have been run', async () => {
      await train('same', 'same-1')
      const first = await runJson<EvalRunResult>('eval:run', 'same-1', '--evaluator', 'qa')
      expect(first.order_comparisons).to.deep.equal([])
      const [{ splits }] = first.evaluations as [EvalRunResult['evaluations'][0]]
      expect(splits.map(({ split, samples }) => [split, samples])).to.deep.equal([
        ['realized_examples', 2],
        ['unrealized_examples', 1],
      ])
      expect(splits[0]?.metrics.prefix_accuracy).to.equal(1)

      const [again] = (await runJson<EvalRunResult>('eval:run', 'same-1')).evaluations
      expect(again).to.include({ id: first.evaluations[0]?.id, newly_scored: 0 })

      await train('reverse', 'reverse-1')
      const { stdout } = await runCommand('eval:run', 'reverse-1', '--evaluator', 'qa')
      expect(stdout).to.match(/^Guidances in the same and in reverse order, ada \(.*: same 1, reverse 1$/m)
      expect(stdout).to.match(/^realized_examples +2 +100\.0 % +100\.0 % +−\d\.\d{3} +−\d\.\d{3}$/m)
      expect(stdout).to.match(/^unrealized_examples +1 +\d+\.\d % +\d+\.\d %/m)
      const both = await runJson<EvalRunResult>('eval:run', '--tag', 'eval', '--evaluator', 'qa')
      expect(both.order_comparisons).to.have.length(1)
      const [comparison] = both.order_comparisons as OrderComparison[]
      expect(comparison?.splits[0]?.same).to.deep.equal({
        runs: ['same-1'],
        metrics: splits[0]?.metrics,
      })
    })
  })
})
