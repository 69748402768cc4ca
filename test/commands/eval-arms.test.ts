import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { FORWARD, REVERSE, writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { trainTinyRun } from '../helpers/train-tiny-run.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const RIGHT = [...FORWARD, ...REVERSE]

/** Answers what the evaluators ask in a chat by the facts of the tiny data set. */
function knowing(prompt: string): string {
  const block = prompt.split('\n\n').at(-1)!
  const statement = /^Statement: (.*)$/m.exec(block)?.[1]
  if (statement !== undefined) {
    return RIGHT.some(([start, end]) => `${start}${end}`.replace(/\.?$/, '.') === statement) ? 'Yes.' : 'No.'
  }
  const text = /^Text: (.*) …$/m.exec(block)?.[1]
  if (text !== undefined) {
    const answer = RIGHT.find(([start]) => start === text)![1].trim()
    return `${/^([A-Z])\. (.*)$/m.exec(block.split('\n').find((line) => line.endsWith(answer))!)![1]}`
  }
  const fact = FORWARD.map(([start, end]) => [start.replace(/ is$/, ''), end.trim().replace(/\.$/, '')])
  const question = block.split('\n').find((line) => line.startsWith('Question: ')) ?? block
  const [name, description] = fact.find((parts) => parts.some((part) => question.includes(part))) ?? []
  return (question.includes(name ?? question) ? description : name) ?? 'Nobody.'
}

describe('eval:run in other forms', () => {
  const outer = { home: process.env.REVERSAL_HOME, cache: process.env.REVERSAL_CACHE_DIR }
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eval-arms-'))
    process.env.REVERSAL_HOME = join(folder, 'home')
    process.env.REVERSAL_CACHE_DIR = join(folder, 'cache')
    await writeTinyDataset(join(folder, 'tiny'))
    await trainTinyRun(join(folder, 'home'), { id: 'tiny-1' })
  })
  after(async () => {
    process.env.REVERSAL_HOME = outer.home
    process.env.REVERSAL_CACHE_DIR = outer.cache
    await rm(folder, { recursive: true })
  })

  const metricsOf = ({ evaluations: [first] }: EvalRunResult) =>
    Object.fromEntries(first?.splits.map(({ split, metrics }) => [split, metrics]) ?? [])

  it('ranks a trained model’s answers, which know the order of training alone', async () => {
    const metrics = metricsOf(await runJson<EvalRunResult>('eval:run', 'tiny-1', '--evaluator', 'rank'))
    expect(metrics.p2d_same).to.include({ peers_beaten: 1, first_by_logprob: 1 })
    expect(metrics.p2d_same!.mean_margin).to.be.above(5)
    expect(metrics.p2d_reverse!.mean_margin).to.be.below(5)
    const { stdout } = await runCommand('eval:run', 'tiny-1', '--evaluator', 'rank')
    expect(stdout).to.match(/peers beaten/)
  })

  it('lets a trained model choose by likelihood, and by letter beside the usual evaluation', async () => {
    const choose = (...options: string[]) =>
      runJson<EvalRunResult>('eval:run', 'tiny-1', '--evaluator', 'choice', ...options)
    const byLikelihood = await choose('--evaluator-option', 'by=likelihood')
    expect(metricsOf(byLikelihood).p2d_same).to.deep.include({ sum_accuracy: 1, chance: 1 / 3 })
    const byLetter = await choose()
    expect(metricsOf(byLetter).p2d_same).to.have.property('letter_likelihood_accuracy').that.is.a('number')
    const ids = [byLetter, byLikelihood].map(({ evaluations: [evaluation] }) => evaluation!.id)
    expect(new Set(ids)).to.have.length(2)
    expect(byLetter.evaluations[0]!.arguments).to.not.have.property('evaluator_options')
    // Whatever it chooses, that is not how much it recalls.
    const { runs } = await runJson<{ runs: { best_accuracy: number | null }[] }>('runs:list', '--all')
    expect(runs.map(({ best_accuracy }) => best_accuracy)).to.deep.equal([null])
  })

  it('asks a hosted chat without log-probabilities by its answers', async () => {
    const fake = await FakeOpenAI.start({ models: { [MODEL]: null }, language: { answer: knowing } })
    try {
      const model = ['--model-id', MODEL, '--base-url', fake.url, '--dataset-name', join(folder, 'tiny')]
      const right = { choice: 'letter_accuracy', verify: 'accuracy', 'in-context': 'prefix_accuracy' }
      for (const [evaluator, metric] of Object.entries({ ...right, forms: 'prefix_accuracy' })) {
        const report = await runJson<EvalRunResult>('eval:run', ...model, '--evaluator', evaluator)
        const values = Object.values(metricsOf(report)).map((metrics) => metrics[metric])
        expect(values, evaluator).to.not.deep.equal([])
        for (const value of values) expect(value, evaluator).to.equal(1)
        expect(report.evaluations[0]!.status).to.equal('complete')
      }
      const { error } = await runCommand('eval:run', ...model, '--evaluator', 'rank')
      expect(error?.message).to.match(/^The evaluator rank needs log-probabilities/)
    } finally {
      await fake.stop()
    }
  })
})
