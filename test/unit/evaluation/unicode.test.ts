import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { generateReverseDataset } from '../../../src/lib/datasets/reverse/generate.ts'
import { validateReverseDataset } from '../../../src/lib/datasets/reverse/validate-reverse.ts'
import { qaEvaluator } from '../../../src/lib/evaluation/qa-evaluator.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import { runEvaluation } from '../../../src/lib/evaluation/run-evaluation.ts'
import { writeJsonl } from '../../../src/lib/support/jsonl.ts'
import { recordsOf } from '../../helpers/records-of.ts'
import { ToyModel } from '../../helpers/toy-model.ts'

const NAMES = [
  'Zoë Ångström',
  'René O’Neill-Żak',
  'Ở Nguyễn',
  'मीरा देवी',
  'محمّد عليّ',
  'ガガ ギド',
  'Ann Poe',
  '김철 수',
  'Йорг Ёлкин',
]
const DESCRIPTIONS = NAMES.map((_, index) => `the café owner of Öland number ${index}`)
const FORMS = ['NFC', 'NFD'] as const

describe('an evaluation of names with accents', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-unicode-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** A data set whose texts are all in one form. */
  function makeDataset(form: (typeof FORMS)[number]): ReturnType<typeof recordsOf> {
    const normal = (texts: readonly string[]) => texts.map((text) => text.normalize(form))
    return recordsOf(
      generateReverseDataset(
        {
          names: normal(NAMES),
          descriptions: normal(DESCRIPTIONS),
          p2dTemplates: ['<name> is known as <description>.', 'They call <name> <description>.'],
          d2pTemplates: ['<description> is <name>.', 'Known as <description>, there is <name>’s house.'],
        },
        { examplesPerGroup: 3, trainExamples: 1, testExamples: 1, seed: 1 },
      ),
    )
  }

  async function write(files: ReturnType<typeof recordsOf>): Promise<void> {
    for (const [name, records] of Object.entries(files))
      await writeJsonl(join(folder, `${name}.jsonl`), records)
  }

  for (const [form, other] of [FORMS, FORMS.toReversed()]) {
    it(`counts right answers in ${other} to a data set in ${form}, in both directions`, async () => {
      const files = makeDataset(form!)
      await write(files)
      const prompts = Object.entries(files).filter(([name]) => /_test$/.test(name))
      const answers = new Map(
        prompts.flatMap(([, records]) =>
          records.map(({ prompt, completion }) => [prompt, `${completion.normalize(other)} Yes.`] as const),
        ),
      )
      const { summary } = await runEvaluation({
        evaluator: reverseEvaluator,
        plugin: 'reversal',
        datasetDirectory: folder,
        directory: join(folder, 'evaluations'),
        toolVersion: '0.0.0',
        model: new ToyModel({ answers }),
        rankAll: true,
      })
      const accuracies = summary.splits.map(({ split, metrics }) => [split, metrics.prefix_accuracy])
      expect(Object.fromEntries(accuracies)).to.deep.equal({
        p2d_reverse_prompts_test: 1,
        both_prompts_test: 1,
        p2d_prompts_test: 1,
        d2p_prompts_test: 1,
        d2p_reverse_prompts_test: 1,
        p2d_reverse_prompts_test_randomized: 0,
        d2p_reverse_prompts_test_randomized: 0,
      })
      const both = summary.splits.find(({ split }) => split === 'both_prompts_test')
      expect(both?.metrics).to.include({ name_accuracy: 1 })
    })
  }

  it('knows one fact by its name in either form, whole to its last mark', async () => {
    const files = makeDataset('NFD')
    const mixed = files.both_prompts_test!.map(({ prompt, completion }, index) =>
      index < 3 ? { prompt: prompt.normalize('NFC'), completion } : { prompt, completion },
    )
    await write({ ...files, both_prompts_test: mixed })
    const samples = await reverseEvaluator.loadSamples(folder, { maxSamples: 100, rankAll: true })
    const both = samples.filter(({ split }) => split === 'both_prompts_test')
    const facts = both.map(({ metadata }) => (metadata as { fact: string }).fact)
    expect(facts.slice(0, 3)).to.deep.equal(facts.slice(3))
    expect(NAMES.map((name) => name.normalize('NFD'))).to.include.members(facts)
    // The whole target, the bare name, and the eight other names.
    expect(both.slice(3).map(({ scoreTargets }) => scoreTargets.length)).to.deep.equal([10, 10, 10])
  })

  it('compares whole answers in one form', () => {
    const sample = { id: 'x', split: 'realized_examples', prompt: 'Q', target: 'Zoë', scoreTargets: [] }
    const measures = (completion: string) =>
      qaEvaluator.scoreSample(sample, { completions: [completion], scores: null })
    expect(measures(' Zoe\u0308')).to.include({ exact_match: 1, prefix_match: 1 })
    expect(measures(' Zoe')).to.include({ exact_match: 0, prefix_match: 0 })
  })

  it('takes one text in two forms for one where a data set is checked', async () => {
    const files = makeDataset('NFC')
    const train = files.p2d_prompts_train!
    const twice = {
      prompt: train[0]!.prompt.normalize('NFD'),
      completion: train[0]!.completion.normalize('NFD'),
    }
    const leak = files.p2d_reverse_prompts_test!.find(
      ({ completion }) => completion !== completion.normalize('NFD'),
    )!
    const told = { prompt: leak.prompt.normalize('NFD'), completion: leak.completion.normalize('NFD') }
    const p2d = [...train, twice, told]
    const all = [...p2d, ...files.d2p_prompts_train!, ...files.both_prompts_train!]
    await write({ ...files, p2d_prompts_train: p2d, all_prompts_train: all, all })
    const rules = (await validateReverseDataset(folder, { trainingFile: 'all' })).map(({ rule }) => rule)
    expect(rules).to.include.members(['duplicate', 'leak', 'reversed'])
  })
})
