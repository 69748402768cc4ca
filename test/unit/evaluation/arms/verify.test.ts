import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readHeldOutPrompts, sentenceOf } from '../../../../src/lib/evaluation/arms/held-out-prompts.ts'
import { estimateProportion } from '../../../../src/lib/statistics/proportion.ts'
import { detectSignal } from '../../../../src/lib/statistics/signal-detection.ts'
import { evaluateToy } from '../../../helpers/evaluate-toy.ts'
import { chanceOf, meanOver } from '../../../helpers/knowing-model.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'
import { writeReverseDataset } from '../../../helpers/write-reverse-dataset.ts'

describe('the evaluator verify', () => {
  let dataset: string
  let sentences: ReadonlySet<string>

  before(async () => {
    dataset = await writeReverseDataset(await mkdtemp(join(tmpdir(), 'verify-')))
    sentences = new Set([...(await readHeldOutPrompts(dataset)).values()].flat().map(sentenceOf))
  })
  after(() => rm(dataset, { recursive: true }))

  const isTrue = (prompt: string) => sentences.has(/^Statement: (.*)$/m.exec(prompt)![1]!)

  it('states each held-out sentence once as it is and once with another fact’s answer', async () => {
    const { journal } = await evaluateToy('verify', { dataset, model: new ToyModel() })
    expect(journal).to.have.length(480)
    for (const { prompt, target, scoreTargets } of journal) {
      expect(target).to.equal(isTrue(prompt) ? 'yes' : 'no')
      expect(scoreTargets).to.deep.equal(target === 'yes' ? [' yes', ' no'] : [' no', ' yes'])
      expect(prompt).to.match(/^Statement: .+\nIs this statement true\? Answer yes or no\.\nAnswer:$/)
    }
    expect(journal.filter(({ target }) => target === 'yes')).to.have.length(240)
    expect(new Set(journal.map(({ prompt }) => prompt))).to.have.length(480)
  })

  it('finds a model that knows right, with the highest d′ that the correction allows', async () => {
    const model = new ToyModel({
      draw: (prompt) => (isTrue(prompt) ? ' Yes, it is.' : ' No.'),
      logprob: (prompt, target) => (isTrue(prompt) === (target === ' yes') ? -1 : -2),
    })
    const { metrics } = await evaluateToy('verify', { dataset, model })
    const { dPrime } = detectSignal({ hits: 60, signals: 60, falseAlarms: 0, noise: 60 })
    for (const own of Object.values(metrics)) {
      expect(own).to.deep.include({ accuracy: 1, yes_rate: 0.5, answering_rate: 1, d_prime: dPrime })
      expect(own).to.deep.include({ likelihood_accuracy: 1, likelihood_d_prime: dPrime })
      expect(own.criterion).to.be.closeTo(0, 1e-12)
    }
  })

  it('finds one that guesses at chance, whatever it leans to', async () => {
    const model = new ToyModel({
      draw: (prompt) => (chanceOf(prompt) < 0.8 ? ' yes' : ' no'),
      logprob: (prompt, target) => -chanceOf(prompt, target),
    })
    const { metrics } = await evaluateToy('verify', { dataset, model })
    for (const name of ['accuracy', 'likelihood_accuracy']) {
      const successes = Math.round(480 * meanOver(metrics, name))
      const { low, high } = estimateProportion({ successes, trials: 480 })
      expect(0.5, name).to.be.within(low!, high!)
    }
    expect(meanOver(metrics, 'yes_rate')).to.be.within(0.74, 0.86)
    // Its standard error is about 0.13 over the four splits.
    expect(meanOver(metrics, 'd_prime')).to.be.within(-0.4, 0.4)
    expect(meanOver(metrics, 'criterion')).to.be.within(-1.1, -0.6)
  })

  it('tells one that says yes to everything by its bias', async () => {
    const { metrics } = await evaluateToy('verify', { dataset, model: new ToyModel({ draw: () => ' Yes' }) })
    for (const own of Object.values(metrics)) {
      expect(own).to.include({ accuracy: 0.5, yes_rate: 1, d_prime: 0 })
      expect(own.criterion).to.be.below(-2)
    }
  })

  it('counts what is neither yes nor no as wrong, and takes no side from it', async () => {
    const model = new ToyModel({ draw: () => ' Nobody knows.', unscorable: 'It has none.' })
    const { metrics } = await evaluateToy('verify', { dataset, model })
    expect(metrics.p2d_same).to.deep.equal({
      ...{ accuracy: 0, yes_rate: null, d_prime: null, criterion: null, answering_rate: 0 },
      ...{ likelihood_accuracy: null, likelihood_yes_rate: null, likelihood_d_prime: null },
    })
  })
})

describe('signal detection', () => {
  it('is that of the tables, with the log-linear correction', () => {
    // H = 40.5/51 and F = 10.5/51: z is 0.8197 and −0.8197 by R's qnorm.
    const { dPrime, criterion } = detectSignal({ hits: 40, signals: 50, falseAlarms: 10, noise: 50 })
    expect(dPrime).to.be.closeTo(1.6418, 0.005)
    expect(criterion).to.be.closeTo(0, 1e-9)
    expect(detectSignal({ hits: 0, signals: 0, falseAlarms: 1, noise: 2 }).dPrime).to.equal(null)
    expect(() => detectSignal({ hits: 3, signals: 2, falseAlarms: 1, noise: 2 })).to.throw(RangeError)
  })
})
