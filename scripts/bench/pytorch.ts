import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { epochBatches } from '../../src/lib/engine/batches.ts'
import { SIZES } from '../../src/lib/engine/sizes.ts'
import { trainModel } from '../../src/lib/engine/trainer.ts'
import { prepareTraining } from '../../src/lib/engine/training-plan.ts'
import { writeExperiment1 } from './experiment1.ts'
import type { BenchmarkPart, Figure } from './part.ts'
import { median } from './part.ts'

/** The engine's model and batches in PyTorch; beside a checkout of this repository, where there is one. */
const PYTORCH = fileURLToPath(new URL('../../../shared/peers/pytorch_train.py', import.meta.url))
const WARM_UP = 25
const ROUNDS = 5
/** Turns of the engine and of PyTorch. */
const TURNS = 3
/** Steps a round. */
const STEPS: Readonly<Record<string, number>> = { ada: 40, curie: 8, davinci: 4 }

/** Training steps of the engine and of PyTorch on the same batches, in turns. */
const part: BenchmarkPart = {
  name: 'Training beside PyTorch (experiment 1, batch size 16, dropout 0.5)',
  async run({ python }) {
    if (python === undefined) return skipped('no --python PATH with torch')
    if (!existsSync(PYTORCH)) return skipped(`no ${PYTORCH}`)
    const folder = await mkdtemp(join(tmpdir(), 'bench-peers-'))
    try {
      const { texts } = await writeExperiment1(folder)
      const figures: Figure[] = []
      for (const size of Object.keys(STEPS)) figures.push(...(await compare(size, { texts, folder, python })))
      return figures
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

function skipped(reason: string): Figure[] {
  console.error(`PyTorch is not measured: ${reason}.`)
  return []
}

async function compare(
  size: string,
  { texts, folder, python }: { texts: readonly string[]; folder: string; python: string },
): Promise<Figure[]> {
  const settings = {
    ...{ size: SIZES[size]!, texts, nEpochs: 1, batchSize: 16, learningRateMultiplier: 0.2, seed: 42 },
    dropout: 0.5,
  }
  const { config, sequences } = await prepareTraining(settings)
  const lengths = sequences.map(({ length }) => length)
  const batches = epochBatches(lengths, { batchSize: 16, seed: 42, epoch: 0 })
  const dump = join(folder, `${size}.json`)
  await writeFile(dump, JSON.stringify({ config, sequences, batches }))
  const steps = STEPS[size]!
  const peers = size === 'ada' ? ['eager', 'compiled'] : ['eager']
  const speeds = new Map<string, number[]>(['engine', ...peers].map((name) => [name, []]))
  for (let turn = 0; turn < TURNS; turn++) {
    speeds
      .get('engine')!
      .push(await timeEngine({ settings, steps, directory: join(folder, `${size}${turn}`) }))
    for (const peer of peers) {
      speeds.get(peer)!.push(await timePyTorch({ python, dump, steps, compiled: peer === 'compiled' }))
    }
  }
  const engine = median(speeds.get('engine')!)
  return [
    { figure: `${size}: engine, padding not counted`, value: engine, unit: 'tokens/s' },
    ...peers.flatMap((peer) => {
      const speed = median(speeds.get(peer)!)
      return [
        { figure: `${size}: PyTorch, ${peer}, fused AdamW`, value: speed, unit: 'tokens/s' },
        {
          figure: `${size}: engine over PyTorch, ${peer}`,
          value: engine / speed,
          unit: 'times',
          goal: '1.0',
        },
      ]
    }),
  ]
}

/** The median of the rounds, as the other side measures it. */
async function timeEngine({
  settings,
  steps,
  directory,
}: {
  settings: Parameters<typeof prepareTraining>[0]
  steps: number
  directory: string
}): Promise<number> {
  const rates: number[] = []
  let start = { at: 0, tokens: 0 }
  for await (const { step, tokens } of trainModel({ ...settings, directory, checkpointEvery: 1e9 })) {
    if (step < WARM_UP || (step - WARM_UP) % steps !== 0) continue
    const now = performance.now()
    if (step > WARM_UP) rates.push(((tokens - start.tokens) * 1000) / (now - start.at))
    if (rates.length === ROUNDS) break
    start = { at: now, tokens }
  }
  return median(rates)
}

async function timePyTorch({
  python,
  dump,
  steps,
  compiled,
}: {
  python: string
  dump: string
  steps: number
  compiled: boolean
}): Promise<number> {
  const env = {
    ...process.env,
    ...{ PER: String(steps), COMPILE: compiled ? '1' : '0', TH: String(availableParallelism()) },
  }
  const { stdout } = await promisify(execFile)(python, [PYTORCH, dump], { env })
  const rates = /\[([\d, ]+)\] tokens\/s/.exec(stdout)?.[1]
  if (rates === undefined) throw new Error(`PyTorch printed no speeds: ${stdout}`)
  return median(rates.split(',').map(Number))
}

export default part
