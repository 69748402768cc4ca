import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { hashDataset } from '../../../src/lib/datasets/hash-dataset.ts'
import { compareOrders } from '../../../src/lib/evaluation/compare-orders.ts'
import type { EvaluationSummary } from '../../../src/lib/schemas/evaluation.ts'
import type { RunRecord } from '../../../src/lib/schemas/run.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { createInstructions } from '../../helpers/create-instructions.ts'
import { recordSummary } from '../../helpers/record-summary.ts'

describe('the two orders of experiment 3', () => {
  let home: string
  let store: RunStore
  let directories: { same: string; reverse: string }
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'compare-orders-'))
    store = new RunStore(home)
    directories = {
      same: await createInstructions(home, 'same', { order: 'same' }),
      reverse: await createInstructions(home, 'reverse', { order: 'reverse' }),
    }
  })
  afterEach(() => rm(home, { recursive: true }))

  interface Evaluated {
    directory: string
    accuracy: number | null
    /** Of the fine-tuning. */
    epochs?: number
    seed?: number
    changes?: Partial<EvaluationSummary>
  }

  /** Store a run and an evaluation of it; gives the evaluation. */
  async function evaluate(id: string, { directory, accuracy, epochs = 10, seed = 1, changes }: Evaluated) {
    const run: RunRecord = {
      id,
      provider: 'local',
      model: 'ada',
      dataset: { name: id, directory, training_file: join(directory, 'all.jsonl') },
      hyperparameters: { n_epochs: epochs, batch_size: 16, learning_rate_multiplier: 0.2, seed },
      status: 'succeeded',
      tags: [],
      created_at: '2026-11-24T09:30:00.000Z',
      tool_version: '0.0.0',
    }
    const summary: EvaluationSummary = {
      id: `qa-${id}`,
      run_id: id,
      model: `local/ada:${id}`,
      evaluator: { name: 'qa', version: 1, plugin: 'reversal' },
      dataset: { directory, hash: await hashDataset(directory) },
      arguments: { max_samples: 1000 },
      status: 'complete',
      created_at: '2026-11-24T09:30:00.000Z',
      splits: [{ split: 'unrealized_examples', samples: 2, metrics: { prefix_accuracy: accuracy } }],
      ...changes,
    }
    await store.save(run)
    await recordSummary(store, id, summary)
    return summary
  }

  /** Accuracy and runs of each side of the first split. */
  const sides = async (...evaluations: EvaluationSummary[]) => {
    const comparisons = await compareOrders({ store, evaluations })
    return comparisons.map(({ splits: [split] }) =>
      ([split?.same, split?.reverse] as const).map((side) => [
        side?.metrics.prefix_accuracy,
        side?.runs.toSorted(),
      ]),
    )
  }

  it('stand side by side once both have been evaluated, whichever came first', async () => {
    const reverse = await evaluate('r1', { directory: directories.reverse, accuracy: 0 })
    expect(await sides(reverse)).to.deep.equal([])
    const same = await evaluate('s1', { directory: directories.same, accuracy: 0.5 })
    const expected = [
      [
        [0.5, ['s1']],
        [0, ['r1']],
      ],
    ]
    expect(await sides(same)).to.deep.equal(expected)
    expect(await sides(reverse)).to.deep.equal(expected)
    expect(await sides(same, reverse)).to.deep.equal(expected)
    expect((await compareOrders({ store, evaluations: [same] }))[0]).to.deep.include({
      model: 'ada',
      hyperparameters: { n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2 },
    })
  })

  it('are means over the seeds, of what was measured', async () => {
    const same = await evaluate('s1', { directory: directories.same, accuracy: 0.5 })
    await evaluate('s2', { directory: directories.same, accuracy: 1, seed: 2 })
    await evaluate('r1', { directory: directories.reverse, accuracy: null })
    expect(await sides(same)).to.deep.equal([
      [
        [0.75, ['s1', 's2']],
        [null, ['r1']],
      ],
    ])
  })

  it('are not averaged with an evaluation of what the examples were before', async () => {
    const before = await evaluate('s1', { directory: directories.same, accuracy: 1 })
    for (const directory of Object.values(directories)) {
      const file = join(directory, 'unrealized_examples.jsonl')
      const lines = (await readFile(file, 'utf8')).replace('"completion": " ', '"completion": " Not ')
      expect(lines).not.to.equal(await readFile(file, 'utf8'))
      await writeFile(file, lines)
    }
    await evaluate('r1', { directory: directories.reverse, accuracy: 0 })
    expect(await sides(before)).to.deep.equal([])
    const now = { id: 'qa-now', dataset: { ...before.dataset, hash: await hashDataset(directories.same) } }
    const after = await evaluate('s1', { directory: directories.same, accuracy: 0.5, changes: now })
    expect(await sides(before, after)).to.deep.equal([
      [
        [0.5, ['s1']],
        [0, ['r1']],
      ],
    ])
  })

  it('are not mixed with other settings, arguments or examples', async () => {
    const same = await evaluate('s1', { directory: directories.same, accuracy: 0.5 })
    const { reverse: directory } = directories
    await evaluate('more-epochs', { directory, accuracy: 0, epochs: 20 })
    await evaluate('fewer-prompts', { directory, accuracy: 0, changes: { arguments: { max_samples: 1 } } })
    const version2 = { name: 'qa', version: 2, plugin: 'reversal' }
    await evaluate('other-version', { directory, accuracy: 0, changes: { evaluator: version2 } })
    await evaluate('unfinished', { directory, accuracy: 0, changes: { status: 'interrupted' } })
    const elsewhere = { dataset: same.dataset }
    await evaluate('not-its-own', { directory, accuracy: 0, changes: elsewhere })
    const others = await createInstructions(home, 'others', { order: 'reverse', seed: 28 })
    await evaluate('other-examples', { directory: others, accuracy: 0 })
    expect(await sides(same)).to.deep.equal([])
  })

  it('are not averaged with what was trained on other texts, with a recipe and without', async () => {
    const train = async (id: string, texts: string, accuracy: number) => {
      const file = join(home, `${id}.jsonl`)
      await writeFile(file, texts)
      const summary = await evaluate(id, { directory: directories.same, accuracy })
      await store.update(id, ({ dataset, ...run }) => ({
        ...run,
        dataset: { ...dataset, training_file: file },
      }))
      return summary
    }
    const same = await evaluate('s1', { directory: directories.same, accuracy: 0.5 })
    await evaluate('r1', { directory: directories.reverse, accuracy: 0 })
    const other = await train('s-other', '{"prompt": "", "completion": "x"}\n', 1)
    expect(await sides(same)).to.deep.equal([
      [
        [0.5, ['s1']],
        [0, ['r1']],
      ],
    ])
    expect(await sides(other)).to.deep.equal([])
    for (const directory of Object.values(directories)) await rm(join(directory, 'manifest.json'))
    expect(await sides(same)).to.have.deep.members([
      [
        [0.5, ['s1']],
        [0, ['r1']],
      ],
      [
        [1, ['s-other']],
        [0, ['r1']],
      ],
    ])
  })

  it('leave aside what cannot be read', async () => {
    const same = await evaluate('s1', { directory: directories.same, accuracy: 0.5 })
    await evaluate('r1', { directory: directories.reverse, accuracy: 0 })
    const lost = await createInstructions(home, 'lost', { order: 'reverse' })
    await evaluate('lost', { directory: lost, accuracy: 0 })
    await rm(join(lost, 'realized_examples.jsonl'))
    const damaged = await createInstructions(home, 'damaged', { order: 'reverse' })
    await evaluate('damaged', { directory: damaged, accuracy: 0 })
    await writeFile(join(damaged, 'manifest.json'), '{')
    expect(await sides(same)).to.deep.equal([
      [
        [0.5, ['s1']],
        [0, ['r1']],
      ],
    ])
  })

  it('ignore models that are not runs', async () => {
    const same = await evaluate('s1', { directory: directories.same, accuracy: 0.5 })
    await evaluate('r1', { directory: directories.reverse, accuracy: 0 })
    expect(await sides({ ...same, run_id: null })).to.deep.equal([])
  })
})
