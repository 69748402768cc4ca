import { expect } from 'chai'
import { sweepName } from '../../../src/lib/experiments/sweep-name.ts'
import { SweepSteps, stepsOf } from '../../../src/lib/experiments/sweep-steps.ts'
import type { FineTuneRequest } from '../../../src/lib/finetuning/provider.ts'

const run = (id: string, step: number) => ({ id, progress: { step, total_steps: 100 } })

describe('the steps of a sweep', () => {
  it('are those of all its runs together', () => {
    const steps = new SweepSteps(300)
    steps.begin(run('a', 0))
    steps.begin(run('b', 0))
    expect(steps.state([run('a', 30), run('b', 20)])).to.deep.include({ done: 50, total: 300 })
    steps.end(run('a', 100), 100)
    expect(steps.active).to.deep.equal(['b'])
    expect(steps.state([run('b', 60)])).to.deep.equal({
      ...{ done: 160, total: 300 },
      active: [{ id: 'b', done: 60, total: 100 }],
    })
  })

  it('leave out steps done earlier, so that the time left is for the remaining ones', () => {
    const steps = new SweepSteps(300)
    steps.end(run('there', 100), 100)
    expect(steps.state([])).to.deep.include({ done: 0, total: 200 })
    steps.begin(run('interrupted', 40))
    expect(steps.state([run('interrupted', 40)])).to.deep.include({ done: 0, total: 160 })
    steps.end(run('interrupted', 100), 100)
    expect(steps.state([])).to.deep.include({ done: 60, total: 160 })
  })

  it('do not wait for what a failed run leaves undone', () => {
    const steps = new SweepSteps(200)
    steps.begin(run('failing', 0))
    steps.end(run('failing', 25), 100)
    expect(steps.state([])).to.deep.include({ done: 25, total: 125 })
    steps.begin(run('last', 0))
    steps.end(run('last', 100), 100)
    expect(steps.state([])).to.deep.include({ done: 125, total: 125 })
  })

  it('follow from examples, batch size and epochs', () => {
    const hyperparameters = { nEpochs: 3, batchSize: 16, learningRateMultiplier: 0.2, seed: 1 }
    expect(stepsOf({ hyperparameters }, 33)).to.equal(9)
  })
})

describe('the name of a sweep', () => {
  const request = (seed: number, name = 'first'): FineTuneRequest => ({
    model: 'ada',
    dataset: { name, trainingFile: `/data/${name}/all.jsonl` },
    hyperparameters: { nEpochs: 10, batchSize: 16, learningRateMultiplier: 0.2, seed },
  })

  it('is one for each grid and data set, and can be a folder', () => {
    const name = sweepName([request(1), request(2)])
    expect(name).to.match(/^sweep-first-[0-9a-f]{6}$/)
    expect(sweepName([request(1), request(2)])).to.equal(name)
    expect(sweepName([request(1)])).not.to.equal(name)
    expect(sweepName([request(1, 'other'), request(2, 'other')])).not.to.equal(name)
    expect(sweepName([request(1, 'así es')])).to.match(/^sweep-así_es-[0-9a-f]{6}$/)
  })
})
