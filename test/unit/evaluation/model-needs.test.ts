import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvaluationSample, Evaluator, SampleAnswer } from '../../../src/lib/evaluation/evaluator.ts'
import { meanMeasure, summarizeSplits } from '../../../src/lib/evaluation/measures.ts'
import type { ModelNeeds } from '../../../src/lib/evaluation/model-needs.ts'
import { runEvaluation } from '../../../src/lib/evaluation/run-evaluation.ts'
import { failure } from '../../helpers/failure.ts'
import { writeTinyDataset } from '../../helpers/tiny-dataset.ts'
import { ToyModel } from '../../helpers/toy-model.ts'

const SAMPLE: EvaluationSample = {
  ...{ id: 'a/0', split: 'a', prompt: 'Q: Who?\nA:', question: 'Who?', target: 'Ada' },
  scoreTargets: [' Ada'],
}

describe('what an evaluator needs of a model', () => {
  let folder: string
  let answers: SampleAnswer[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'needs-'))
    await writeTinyDataset(join(folder, 'data'))
    answers = []
  })
  afterEach(() => rm(folder, { recursive: true }))

  function evaluate(needs: ModelNeeds, model: ToyModel) {
    const evaluator: Evaluator = {
      ...{ name: 'asking', version: 1, splits: ['a'], maxTokens: 5, needs },
      accepts: async () => true,
      loadSamples: async () => [SAMPLE],
      async scoreSample(_sample, answer) {
        await new Promise((resolve) => setImmediate(resolve))
        answers.push(answer)
        return { right: answer.completions.filter((text) => text.trim() === 'Ada').length }
      },
      summarize: (samples) =>
        summarizeSplits(['a'], samples, (own) => ({ right: meanMeasure(own, 'right') })),
    }
    return runEvaluation({
      ...{ model, evaluator, plugin: 'lab', toolVersion: '0.0.0' },
      ...{ datasetDirectory: join(folder, 'data'), directory: join(folder, 'evaluations') },
    })
  }

  it('is one greedy completion and scores where it says nothing', async () => {
    await evaluate({}, new ToyModel({ draw: () => ' Ada' }))
    expect(answers).to.deep.equal([
      { completions: [' Ada'], scores: [{ logprob: -4, tokens: 1 }], noAnswer: undefined },
    ])
  })

  it('may be several samples, of which most must be answers', async () => {
    const draw = (_: string, sample: number) => (sample === 0 ? ' ' : ' Ada')
    const { summary } = await evaluate({ samples: 3, temperature: 1 }, new ToyModel({ draw }))
    expect(answers[0]).to.include({ noAnswer: undefined })
    expect(answers[0]?.noAnswers).to.deep.equal(['empty', undefined, undefined])
    expect(summary.splits[0]?.metrics).to.deep.equal({ right: 2 })
  })

  it('is not met by a model that gives no completion at all', async () => {
    class Silent extends ToyModel {
      override async *generate(prompts: readonly string[]) {
        for (const index of prompts.keys()) yield { index, completions: [] }
      }
    }
    await evaluate({}, new Silent())
    expect(answers[0]).to.deep.include({ completions: [], noAnswer: 'empty' })
  })

  it('may be a conversation, with a question in place of the prompt for a model that holds one', async () => {
    const conversation = { system: 'Be brief.', exchanges: [] }
    const chatting = new ToyModel({ conversational: true, unscorable: 'it chats' })
    await evaluate({ conversation }, chatting)
    expect(chatting.completed).to.deep.equal(['Who?'])
    expect(chatting.conversation).to.deep.equal(conversation)
    const writing = new ToyModel({ id: 'other' })
    await evaluate({ conversation }, writing)
    expect(writing.completed).to.deep.equal(['Q: Who?\nA:'])
    expect(writing.conversation).to.equal(undefined)
  })

  it('may be scores alone, and is refused where there are none', async () => {
    const model = new ToyModel()
    await evaluate({ completions: false, scores: 'required' }, model)
    expect(model.completed).to.deep.equal([])
    expect(model.scored).to.deep.equal(['Q: Who?\nA:'])
    expect(answers).to.deep.equal([
      { completions: [], scores: [{ logprob: -4, tokens: 1 }], noAnswer: undefined },
    ])
    const error = await failure(
      evaluate({ scores: 'required' }, new ToyModel({ id: 'mute', unscorable: 'It keeps them.' })),
    )
    expect(error).to.include({ code: 'SCORES_REQUIRED', exit: 2 })
    expect(error.message).to.equal(
      'The evaluator asking needs log-probabilities, but mute gives none: It keeps them.',
    )
  })

  it('may be completions alone, whatever the model can do', async () => {
    const model = new ToyModel()
    const { summary } = await evaluate({ scores: 'none' }, model)
    expect(model.scored).to.deep.equal([])
    expect(summary).to.not.have.property('scoring_unavailable')
  })
})
