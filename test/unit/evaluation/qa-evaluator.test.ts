import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvaluationSample } from '../../../src/lib/evaluation/evaluator.ts'
import { qaEvaluator } from '../../../src/lib/evaluation/qa-evaluator.ts'
import { runEvaluation } from '../../../src/lib/evaluation/run-evaluation.ts'
import { exists } from '../../../src/lib/support/files.ts'
import { writeJsonl } from '../../../src/lib/support/jsonl.ts'
import { ToyModel } from '../../helpers/toy-model.ts'

const PUBLISHED = '../shared/published/instructions/copypaste_ug100_rg1000_main'

const prompt = (question: string) => `<BEGIN GUIDANCE TEST>\n\nQ: ${question} A:`
const example = (id: number, realized: boolean, question: string, answer: string) => ({
  ids: [id],
  realized: [realized],
  persona_idx: [0],
  prompt: prompt(question),
  completion: ` ${answer}\n\n<END GUIDANCE TEST>`,
})

describe('the qa evaluator', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'qa-evaluator-'))
    await writeJsonl(join(directory, 'realized_examples.jsonl'), [
      example(3, true, 'Tea?', 'With milk'),
      example(1, true, 'Dogs?', 'Two'),
    ])
    await writeJsonl(join(directory, 'unrealized_examples.jsonl'), [example(0, false, 'Rain?', 'Daily')])
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('keeps questions whose facts were told in both orders apart from the others', async () => {
    await writeJsonl(join(directory, 'told_in_both_orders.jsonl'), [{ name: 'Rain?', description: 'Daily' }])
    const samples = await qaEvaluator.loadSamples(directory, { maxSamples: 10 })
    expect(samples.map(({ split }) => split)).to.deep.equal([
      'realized_examples',
      'realized_examples',
      'unrealized_examples_told',
    ])
  })

  it('takes the marker off targets, which keep their space to be scored, and leaves prompts as trained', async () => {
    expect(await qaEvaluator.loadSamples(directory, { maxSamples: 1 })).to.deep.equal([
      {
        id: 'realized_examples/0',
        split: 'realized_examples',
        prompt: prompt('Tea?'),
        target: 'With milk',
        scoreTargets: [' With milk'],
      },
      {
        id: 'unrealized_examples/0',
        split: 'unrealized_examples',
        prompt: prompt('Rain?'),
        target: 'Daily',
        scoreTargets: [' Daily'],
      },
    ])
  })

  it('takes the marker that ends guidances off prompts, as the original does', async () => {
    const record = {
      ...example(0, false, 'Rain?', 'Daily'),
      prompt: 'Rain.\n\n<END GUIDANCE ANSWERS>\n\nQ: Rain? A:',
    }
    await writeJsonl(join(directory, 'unrealized_examples.jsonl'), [record])
    const samples = await qaEvaluator.loadSamples(directory, {
      splits: ['unrealized_examples'],
      maxSamples: 9,
    })
    expect(samples.map((sample) => sample.prompt)).to.deep.equal(['Rain.\n\nQ: Rain? A:'])
  })

  const cases: [completion: string, prefix: number, exact: number][] = [
    [' With milk\n\n<END GUIDANCE TEST>', 1, 1],
    [' With milk', 1, 1],
    [' With milk\n\n<END GUIDANCE TEST> and more', 1, 1],
    [' with MILK and sugar\n\n<END GUIDANCE TEST>', 1, 0],
    [' With milk\n\n<END', 1, 0],
    [' With', 0, 0],
    ['', 0, 0],
  ]
  for (const [completion, prefix_match, exact_match] of cases) {
    it(`finds prefix ${prefix_match} and equality ${exact_match} in ${JSON.stringify(completion)}`, () => {
      const sample = { target: 'With milk' } as EvaluationSample
      const answer = { completions: [completion], scores: [{ logprob: -3, tokens: 2 }] }
      expect(qaEvaluator.scoreSample(sample, answer)).to.deep.equal({
        prefix_match,
        exact_match,
        logprob: -3,
        logprob_per_token: -1.5,
      })
    })
  }

  it('evaluates realized and unrealized examples apart', async () => {
    const answers = new Map([
      [prompt('Tea?'), ' With milk\n\n<END'],
      [prompt('Dogs?'), ' Three'],
    ])
    const { summary } = await runEvaluation({
      model: new ToyModel({ answers }),
      evaluator: qaEvaluator,
      plugin: 'reversal',
      datasetDirectory: directory,
      directory: join(directory, 'evaluations'),
      toolVersion: '0.0.0',
    })
    expect(summary.splits).to.deep.equal([
      {
        split: 'realized_examples',
        samples: 2,
        metrics: { prefix_accuracy: 0.5, exact_accuracy: 0, mean_logprob: -7, mean_logprob_per_token: -4.5 },
      },
      {
        split: 'unrealized_examples',
        samples: 1,
        metrics: { prefix_accuracy: 0, exact_accuracy: 0, mean_logprob: -6, mean_logprob_per_token: -6 },
      },
    ])
  })

  it('accepts data sets of experiment 3 alone, with no unrealized pair too', async () => {
    expect(await qaEvaluator.accepts(directory)).to.equal(true)
    await writeJsonl(join(directory, 'unrealized_examples.jsonl'), [])
    expect(await qaEvaluator.loadSamples(directory, { maxSamples: 9 })).to.have.length(2)
    await rm(join(directory, 'realized_examples.jsonl'))
    expect(await qaEvaluator.accepts(directory)).to.equal(false)
  })

  it('asks 1,100 prompts of the published data set', async function () {
    if (!(await exists(PUBLISHED))) {
      console.log(`      skipped: ${PUBLISHED} is not there`)
      return this.skip()
    }
    const samples = await qaEvaluator.loadSamples(PUBLISHED, { maxSamples: 1000 })
    expect(samples).to.have.length(1100)
    expect(samples.filter(({ target }) => target.includes('<'))).to.deep.equal([])
  })
})
