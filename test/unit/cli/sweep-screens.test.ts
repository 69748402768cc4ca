import { expect } from 'chai'
import { showSweep } from '../../../src/cli/flows/sweep.ts'
import { Progress } from '../../../src/cli/shell/progress.ts'
import {
  describeOutcome,
  renderSweepEstimate,
  renderSweepTable,
  sweepProgress,
} from '../../../src/cli/text/sweep.ts'
import type { FineTuneRequest } from '../../../src/lib/finetuning/provider.ts'
import { fromPaper } from '../../../src/lib/reporting/paper-rows.ts'
import type { Report } from '../../../src/lib/reporting/report.ts'
import type { RunRecord } from '../../../src/lib/schemas/run.ts'
import { ReversalError } from '../../../src/lib/support/errors.ts'
import { expectToFit } from '../../helpers/in-terminal.ts'

const WIDTHS = [40, 80, 160]
const hyperparameters = { nEpochs: 10, batchSize: 16, learningRateMultiplier: 0.2, seed: 42 }
const request: FineTuneRequest = {
  model: 'ada',
  dataset: { name: 'first', trainingFile: '/data/first/all.jsonl' },
  hyperparameters,
  epochsReason: 'The data set is small: 40 epochs instead of 10.',
}
const estimate = {
  ...{ examples: 3600, steps: 4500, tokens: 2_000_000, durationS: 42, costUsd: 0 },
  warnings: ['something that a user must see before the sweep is started'],
}
const run: RunRecord = {
  ...{ id: 'ft-abcd2345', provider: 'local', model: 'ada', status: 'succeeded', tags: [] },
  dataset: { name: 'first', training_file: '/data/first/all.jsonl' },
  hyperparameters: { n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2, seed: 42 },
  ...{ created_at: '2026-11-25T22:00:00.000Z', tool_version: '0.1.0' },
  progress: { step: 2250, total_steps: 2250, loss: 0.12345 },
}
const error = new ReversalError('The loss is no number any more.', { code: 'LOSS_EXPLODED' })

const table = (name: string, models: readonly string[]): Report['sections'][number]['tables'][number] => ({
  ...{ name, title: 'Accuracy by learning-rate multiplier and batch size', notes: ['The paper’s rows.'] },
  columns: [
    { key: 'model', head: 'model', format: 'text' },
    { key: 'rate', head: 'learning-rate multiplier', format: 'number' },
    { key: 'same', head: 'same direction', format: 'percent' },
  ],
  rows: [
    ...models.map((model) => ({ model, rate: 0.2, same: 0.5 })),
    { ...fromPaper('GPT-3'), rate: 0.1, same: 0.6 },
  ],
})
const report = (...tables: ReturnType<typeof table>[]) => ({
  sections: [{ id: 'x', title: 'x', text: [], figures: [], tables }] as Report['sections'],
})

describe('the screens of finetune:sweep', () => {
  it('fit 40, 80 and 160 columns', () => {
    for (const columns of WIDTHS) {
      expectToFit(columns, () => renderSweepEstimate([request, request], estimate, { jobs: 2, threads: 4 }))
      expectToFit(columns, () => describeOutcome({ place: 0, run, reused: false }))
      expectToFit(columns, () => describeOutcome({ place: 0, run, reused: false, error }))
      expectToFit(columns, () => renderSweepTable(report(table('sweep', ['ada', 'babbage']))))
    }
  })

  it('show the estimate of the sweep, and the reason for its epochs', () => {
    const text = renderSweepEstimate([request], estimate, { jobs: 1, threads: 1 })
    expect(text.split('\n')).to.deep.equal([
      '1 run on first, 2,000,000 tokens, about 42 s, with 1 thread',
      'The data set is small: 40 epochs instead of 10. --n-epochs sets other numbers.',
      'Warning: something that a user must see before the sweep is started',
    ])
  })

  it('count the steps of all runs', () => {
    const active = [
      { id: 'ft-a', done: 50, total: 100 },
      { id: 'ft-b', done: 0, total: 0 },
    ]
    expect(sweepProgress({ done: 150, total: 400, active })).to.deep.equal({
      ...{ label: 'Training', done: 150, total: 400, unit: 'steps' },
      details: ['2 runs', 'ft-a 50 %', 'ft-b 0 %'],
    })
  })

  it('end in the table of settings, without the paper’s rows', () => {
    const text = renderSweepTable(report(table('table1', ['x']), table('sweep', ['ada'])))
    expect(text).to.match(/^Accuracy by learning-rate/)
    expect(text).to.match(/^ada +0\.2 +50\.0$/m)
    expect(text).not.to.match(/paper/)
    expect(renderSweepTable(report(table('table1', ['only'])))).to.match(/^only +0\.2/m)
    expect(renderSweepTable({ sections: [] })).to.equal('')
  })

  it('tell how each run ended', () => {
    const settings = 'ft-abcd2345 (ada, rate × 0.2, batch 16, 10 epochs, seed 42)'
    expect(describeOutcome({ place: 0, run, reused: false })).to.equal(`${settings} trained, loss 0.123`)
    expect(describeOutcome({ place: 0, run, reused: true })).to.equal(`${settings} reused`)
    expect(describeOutcome({ place: 0, run, reused: false, error })).to.equal(
      `${settings} failed: The loss is no number any more.`,
    )
  })

  it('show each event in a line of its own kind', async () => {
    const lines: string[] = []
    const shown: unknown[] = []
    class Fake extends Progress {
      override async update(state: unknown) {
        shown.push(state)
      }
      override note(text: string) {
        lines.push(text)
      }
    }
    const shower = { command: { logToStderr: (text = '') => void lines.push(text) }, progress: new Fake() }
    await showSweep(
      { type: 'planned', name: 's', requests: [request], estimate, machine: { jobs: 1, threads: 2 } },
      shower,
    )
    await showSweep({ type: 'training', done: 1, total: 9, active: [] }, shower)
    await showSweep({ type: 'trained', outcome: { place: 0, run, reused: true } }, shower)
    await showSweep(
      { type: 'evaluating', run: 'ft-a', done: 1, total: 2, prompts: { done: 30, total: 40 } },
      shower,
    )
    await showSweep({ type: 'evaluation-failed', run: 'ft-a', error }, shower)
    expect(lines.map((line) => line.split('\n')[0])).to.deep.equal([
      '1 run on first, 2,000,000 tokens, about 42 s, with 2 threads',
      'ft-abcd2345 (ada, rate × 0.2, batch 16, 10 epochs, seed 42) reused',
      'ft-a could not be evaluated: The loss is no number any more.',
    ])
    expect(shown).to.deep.equal([
      { label: 'Training', done: 1, total: 9, unit: 'steps', details: ['0 runs'] },
      { label: 'Evaluating', done: 1, total: 2, unit: 'runs', details: ['ft-a 75 %'] },
    ])
  })
})
