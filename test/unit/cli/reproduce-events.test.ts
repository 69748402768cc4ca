import { expect } from 'chai'
import { showCelebrities } from '../../../src/cli/flows/reproduce-celebrities.ts'
import { showReproduction } from '../../../src/cli/flows/reproduction.ts'
import { Progress } from '../../../src/cli/shell/progress.ts'
import type { CelebritiesEvent } from '../../../src/lib/experiments/reproduce-celebrities.ts'
import type { ReproductionEvent } from '../../../src/lib/experiments/reproduction-event.ts'
import type { RunRecord } from '../../../src/lib/schemas/run.ts'

const run: RunRecord = {
  ...{ id: 'ft-abcd2345', provider: 'local', model: 'ada', status: 'running', tags: [] },
  dataset: { name: 'first', training_file: '/data/first/all.jsonl' },
  hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1, seed: 1 },
  ...{ created_at: '2026-11-25T22:00:00.000Z', tool_version: '0.1.0' },
  progress: { step: 0, total_steps: 400 },
}

/** What a listener does, in the order in which it does it. */
function recorder() {
  const done: unknown[] = []
  class Recorded extends Progress {
    override async update(state: unknown) {
      done.push(state)
    }
    override stop() {
      done.push('stop')
    }
  }
  const command = {
    log: (text = '') => void done.push(['out', text]),
    logToStderr: (text = '') => void done.push(['err', text]),
  }
  return { done, command, progress: new Recorded() }
}

describe('what reproduce shows of an event', () => {
  const shown = async (event: ReproductionEvent) => {
    const { done, ...listener } = recorder()
    await showReproduction(event, listener)
    return done
  }

  it('is a line for a step, after the live line of the step before has ended', async () => {
    const step = { type: 'step', step: 2, steps: 4, stage: 'training', subject: 'seed 3' } as const
    expect(await shown(step)).to.deep.equal(['stop', ['err', 'Step 2 of 4: train (seed 3)']])
  })

  it('is the live line for a training and for an evaluation', async () => {
    const event = { type: 'step', at: '2026-11-25T22:00:00.000Z', step: 100, loss: 1.5 } as const
    expect(await shown({ type: 'training', run, event })).to.deep.equal([
      { label: 'Training ft-abcd2345', done: 100, total: 400, details: ['loss 1.500'] },
    ])
    expect(await shown({ type: 'evaluating', done: 3, total: 9 })).to.deep.equal([
      { label: 'Evaluating', done: 3, total: 9 },
    ])
  })

  it('tells of facts that are fewer, on standard error', async () => {
    const sizes = { examplesPerGroup: 2, trainExamples: 6, testExamples: 2 }
    const [[stream, text]] = (await shown({ type: 'fitted', sizes })) as [[string, string]]
    expect(stream).to.equal('err')
    expect(text).to.match(/^Your facts are enough for three groups of 2/)
  })
})

describe('what reproduce:celebrities shows of an event', () => {
  const shown = async (event: CelebritiesEvent) => {
    const { done, command } = recorder()
    const asking = {
      onStep: () => void done.push('stop'),
      onEvent: async (event: unknown) => void done.push(event),
    }
    await showCelebrities(event, { command, asking })
    return done
  }
  const plan = { prompts: 1, answers: 1, tokens: { input: 1, output: 24 } }

  it('is a line for a step, and what the model’s own flow shows for the rest', async () => {
    expect(await shown({ type: 'step', step: 1, steps: 2, stage: 'test' })).to.deep.equal([
      'stop',
      ['err', 'Step 1 of 2: ask for parents and children'],
    ])
    const events: CelebritiesEvent[] = [
      { type: 'plan', plan },
      { type: 'warning', message: 'odd' },
      { type: 'asking', label: 'Asking', progress: { done: 1, total: 2 } },
    ]
    for (const event of events) expect(await shown(event)).to.deep.equal([event])
  })

  it('lets the user decline the cost', async () => {
    const { command } = recorder()
    const declined = new Error('declined')
    const asking = { onStep: () => {}, onEvent: async () => Promise.reject(declined) }
    const thrown = await showCelebrities({ type: 'plan', plan }, { command, asking }).catch((error) => error)
    expect(thrown).to.equal(declined)
  })
})
