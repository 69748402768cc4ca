import { expect } from 'chai'
import { renderReportTable } from '../../../src/cli/text/report.ts'
import { renderRuns } from '../../../src/cli/text/runs.ts'
import type { Table } from '../../../src/lib/reporting/report.ts'
import type { ListedRun } from '../../../src/lib/tracking/list-runs.ts'
import { expectToFit, inTerminal } from '../../helpers/in-terminal.ts'

const table: Table = {
  ...{ name: 'table1', title: 'Right completions of held-out prompts', notes: [] },
  columns: [
    { key: 'model', head: 'model', format: 'text' },
    { key: 'trained', head: 'trained', format: 'text' },
    { key: 'same', head: 'same direction', format: 'percent', interval: ['low', 'high'] },
    { key: 'reverse', head: 'reverse', format: 'percent' },
    { key: 'gap', head: 'reversal gap', format: 'points' },
    { key: 'verdict', head: 'facts are', format: 'text' },
    { key: 'seeds', head: 'runs', format: 'count', detail: true },
  ],
  rows: [
    ...[{ model: 'ada', trained: 'NameToDescription', same: 0.5, low: 0.4, high: 0.6, reverse: 0 }],
    { model: 'babbage, batch 16', trained: 'DescriptionToName', same: 0.75, reverse: 0, gap: 0.75, seeds: 1 },
  ],
}

const run: ListedRun = {
  ...{ id: 'ft-abcd2345', provider: 'local', model: 'ada', status: 'succeeded', tags: ['eval', 'paper'] },
  dataset: { name: 'n6_train30_test5_seed42_211fae2605', training_file: '/data/first/all.jsonl' },
  hyperparameters: { n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2, seed: 42 },
  ...{ created_at: '2026-11-25T22:00:00.000Z', tool_version: '0.1.0', cost_usd: 0 },
  ...{ shown_model: 'local/ada', best_accuracy: 1, same_accuracy: 0.9, reverse_accuracy: 0 },
}
const listed = { runs: [run, { ...run, id: 'ft-abcd2346', reverse_accuracy: null }], older: 3 }
const now = new Date('2026-11-25T22:05:00.000Z')

describe('tables that are wider than the terminal', () => {
  it('fit 40, 80 and 160 columns', () => {
    for (const columns of [40, 80, 160]) {
      expectToFit(columns, () => renderReportTable(table))
      expectToFit(columns, () => renderRuns(listed, { now, width: columns }))
    }
  })

  it('become a line for each cell under the first, where even names of six letters do not fit', () => {
    expect(
      inTerminal(40, () => renderReportTable(table))
        .split('\n')
        .slice(1, 5),
    ).to.deep.equal([
      'ada',
      '  trained              NameToDescription',
      '  same direction (%)                50.0',
      '  reverse (%)                        0.0',
    ])
    const [first, ...rest] = inTerminal(40, () => renderRuns(listed, { now, width: 40 })).split('\n')
    expect(first).to.equal('ft-abcd2345')
    expect(rest.filter((line) => line.includes('reverse '))).to.have.length(1)
  })
})
