import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openSides, readSide } from '../../../src/lib/reporting/compare/side.ts'
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

  it('is the evaluation that was asked as the other side was, of several by one evaluator', async () => {
    const store = new RunStore(home)
    const choice = async (run: string, options: number, { hash = 'h', day = '24' } = {}) => {
      const summary: EvaluationSummary = {
        ...{ id: `choice-${options}${hash}`, run_id: run, model: 'x', status: 'complete' },
        evaluator: { name: 'choice', version: 1, plugin: 'reversal' },
        dataset: { directory: `/data/${hash}`, hash },
        arguments: { evaluator_options: { options } },
        created_at: `2026-11-${day}T09:30:00.000Z`,
        splits: [],
      }
      const folder = join(store.evaluationsDirectory(run), summary.id)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'samples.jsonl'), '')
      await writeFile(join(folder, 'summary.json'), JSON.stringify(summary))
    }
    for (const id of ['ft-1', 'ft-2', 'ft-3']) {
      await store.save({
        ...{ id, provider: 'local', model: 'ada', status: 'succeeded', tags: [] },
        dataset: { name: 'd', directory: '/data/h', training_file: '/data/h/all.jsonl' },
        hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1 },
        ...{ created_at: '2026-11-24T09:30:00.000Z', tool_version: '0' },
      })
    }
    await choice('ft-1', 2)
    await choice('ft-1', 4, { day: '25' })
    await choice('ft-1', 4, { hash: 'i', day: '26' })
    await choice('ft-2', 4)
    await choice('ft-3', 8)
    const opened = async (...references: [string, string]) =>
      (await openSides({ store, references })).map(({ summary }) => summary.id)
    expect(await opened('ft-1', 'ft-2')).to.deep.equal(['choice-4h', 'choice-4h'])
    expect(await opened('ft-2', 'ft-1')).to.deep.equal(['choice-4h', 'choice-4h'])
    expect(await opened('ft-1', 'ft-1')).to.deep.equal(['choice-4i', 'choice-4i'])
    expect((await opened('ft-1', 'ft-3'))[1]).to.equal('choice-8h')
  })
})
