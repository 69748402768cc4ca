import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readSide } from '../../../src/lib/reporting/compare/side.ts'
import type { EvaluationSummary, ScoredSample } from '../../../src/lib/schemas/evaluation.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'

describe('a side of a comparison', () => {
  let home: string

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'side-'))
  })
  after(() => rm(home, { recursive: true }))

  it('has nothing that is measured of answers, whatever it is called, where most of these are missing', async () => {
    const store = new RunStore(home)
    const share = { unit: 'share', better: 'lower' } as const
    const summary: EvaluationSummary = {
      ...{ id: 'wrong-symmetry-1', run_id: 'ft-x', model: 'x', status: 'complete' },
      evaluator: { name: 'wrong-symmetry', version: 1, plugin: 'reversal' },
      dataset: { directory: '/x', hash: 'h' },
      arguments: {},
      created_at: '2026-11-24T09:30:00.000Z',
      splits: ['asked', 'refused'].map((split) => ({
        ...{ split, samples: 1, metrics: {} },
        ...(split === 'refused' && { not_measured: 'no answer to 2 of 3 prompts (2 refused)' }),
      })),
      descriptions: {
        incorrect_inference: { ...share, from: 'answers' },
        peers_beaten: { ...share, from: 'scores' },
      },
    }
    const sample = (split: string): ScoredSample => ({
      ...{ id: `${split}/0`, split, prompt: 'A', target: 'B', completions: [' B'], scores: null },
      measures: { incorrect_inference: 1, peers_beaten: 0.5 },
    })
    const folder = join(store.evaluationsDirectory('ft-x'), summary.id)
    await mkdir(folder, { recursive: true })
    const lines = ['asked', 'refused'].map((split) => `${JSON.stringify(sample(split))}\n`)
    await writeFile(join(folder, 'samples.jsonl'), lines.join(''))
    const { samples } = await readSide({ store, id: 'ft-x', summary })
    expect(samples.map(({ split, measures }) => [split, measures])).to.deep.equal([
      ['asked', { incorrect_inference: 1, peers_beaten: 0.5 }],
      ['refused', { incorrect_inference: null, peers_beaten: 0.5 }],
    ])
  })
})
