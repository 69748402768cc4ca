import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { loadCheckpoint } from '../../../src/lib/engine/checkpoints.ts'
import { readModel } from '../../../src/lib/engine/model-files.ts'
import { trainModel } from '../../../src/lib/engine/trainer.ts'
import { planTraining } from '../../../src/lib/engine/training-plan.ts'
import { InputError, InterruptedError, ReversalError } from '../../../src/lib/support/errors.ts'
import { failure } from '../../helpers/failure.ts'
import { TINY, train } from './tiny-training.ts'

const STEPS = 12

describe('the trainer', () => {
  let folder: string
  let whole: string
  let losses: number[]

  const checksumIn = async (directory: string) => (await readModel(join(directory, 'model'))).checksum

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-trainer-'))
    whole = join(folder, 'whole')
    losses = (await train({ ...TINY, directory: whole })).map(({ loss }) => loss)
  })

  after(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('reports every step and leaves a model and nothing else', async () => {
    const directory = join(folder, 'reported')
    const progress = await train({ ...TINY, directory, validationTexts: ['Number 5 follows 4.'] })
    expect(progress.map(({ step }) => step)).to.deep.equal([...Array(STEPS).keys()].map((index) => index + 1))
    expect(progress.map(({ epoch }) => epoch)).to.deep.equal([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
    const plan = await planTraining(TINY)
    expect(plan).to.include({ examples: 12, steps: STEPS })
    expect(progress.at(-1)).to.include({ steps: STEPS, tokens: plan.tokens })
    expect(plan.tokens).to.equal(4 * plan.tokensPerEpoch)
    expect(progress.at(-1)!.loss).to.be.below(progress[0]!.loss)
    expect(progress.every(({ tokensPerSecond }) => tokensPerSecond > 0)).to.equal(true)
    const validated = progress.filter(({ validationLoss }) => validationLoss !== undefined)
    expect(validated.map(({ step }) => step)).to.deep.equal([3, 6, 9, 12])
    expect(validated[3]!.validationLoss).to.be.below(validated[0]!.validationLoss!)
    expect(await readdir(directory)).to.deep.equal(['model'])
  })

  it('gives the same losses and weights for the same seed, bit for bit, and others for another', async () => {
    const again = await train({ ...TINY, directory: join(folder, 'again') })
    expect(again.map(({ loss }) => loss)).to.deep.equal(losses)
    expect(await checksumIn(join(folder, 'again'))).to.equal(await checksumIn(whole))
    const other = await train({ ...TINY, seed: 4, directory: join(folder, 'other') })
    expect(other[0]!.loss).to.not.equal(losses[0])
  })

  it('does nothing where the model is there already', async () => {
    expect(await train({ ...TINY, directory: whole })).to.deep.equal([])
  })

  it('saves a checkpoint when it is stopped and goes on to the same weights', async () => {
    const directory = join(folder, 'stopped')
    const controller = new AbortController()
    const seen: number[] = []
    const stopped = async () => {
      for await (const { step, loss } of trainModel({ ...TINY, directory, signal: controller.signal })) {
        seen.push(loss)
        if (step === 5) controller.abort()
      }
    }
    const error = await failure(stopped())
    expect(error).to.be.instanceOf(InterruptedError)
    expect(error.message).to.equal('Interrupted after step 5 of 12; a checkpoint is saved.')
    const rest = await train({ ...TINY, directory })
    expect([...seen, ...rest.map(({ loss }) => loss)]).to.deep.equal(losses)
    expect(rest[0]!.step).to.equal(6)
    expect(await checksumIn(directory)).to.equal(await checksumIn(whole))
  })

  it('goes on from the checkpoint before a damaged one to the same weights', async () => {
    const directory = join(folder, 'damaged')
    for await (const { step } of trainModel({ ...TINY, directory, checkpointEvery: 2 })) if (step === 7) break
    const checkpoints = join(directory, 'checkpoints')
    const names = (await readdir(checkpoints)).sort()
    expect(names).to.deep.equal(['step-00000004.safetensors', 'step-00000006.safetensors'])
    const newest = join(checkpoints, names[1]!)
    await writeFile(newest, (await readFile(newest)).subarray(0, 1000))
    const rest = await train({ ...TINY, directory })
    expect(rest[0]!.step).to.equal(5)
    expect(await checksumIn(directory)).to.equal(await checksumIn(whole))
  })

  it('goes on after kill -9 to the same weights', async () => {
    const directory = join(folder, 'killed')
    const script = fileURLToPath(new URL('../../fixtures/engine/train-slowly.ts', import.meta.url))
    const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface(child.stdout)) {
      if (Number(line) === 7) break
    }
    const exited = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))
    child.kill('SIGKILL')
    expect(await exited).to.equal('SIGKILL')
    const rest = await train({ ...TINY, directory })
    expect(rest[0]!.step).to.be.within(6, STEPS)
    expect(await checksumIn(directory)).to.equal(await checksumIn(whole))
  })

  it('refuses a checkpoint of other settings', async () => {
    const directory = join(folder, 'mismatch')
    for await (const { step } of trainModel({ ...TINY, directory, checkpointEvery: 2 })) if (step === 3) break
    const error = await failure(train({ ...TINY, directory, seed: 9 }))
    expect(error).to.be.instanceOf(InputError).with.property('code', 'CHECKPOINT_MISMATCH')
  })

  it('stops a training that diverges and keeps the last good checkpoint', async () => {
    const directory = join(folder, 'diverged')
    const options = { ...TINY, directory, learningRateMultiplier: 1e30, checkpointEvery: 1 }
    const error = await failure(train(options))
    expect(error).to.be.instanceOf(ReversalError).with.property('code', 'TRAINING_DIVERGED')
    expect(error.message).to.match(/^The training diverged: .+ step 2; the checkpoint of step 1 is kept\.$/)
    const checkpoint = await loadCheckpoint(join(directory, 'checkpoints'))
    expect(checkpoint?.step).to.equal(1)
    for (const [name, { data }] of checkpoint!.state) expect(data.every(Number.isFinite), name).to.equal(true)
  })

  it('says that there is no checkpoint where it diverges before the first', async () => {
    const directory = join(folder, 'diverged-early')
    const options = { ...TINY, directory, learningRateMultiplier: 1e30, checkpointEvery: 100 }
    const { message } = await failure(train(options))
    expect(message).to.match(/^The training diverged: .+; no checkpoint was saved before\.$/)
    expect(await loadCheckpoint(join(directory, 'checkpoints'))).to.equal(undefined)
  })

  it('refuses texts that it cannot train on', async () => {
    const directory = join(folder, 'refused')
    const empty = await failure(train({ ...TINY, directory, texts: [] }))
    expect(empty).to.be.instanceOf(InputError).with.property('code', 'NO_TRAINING_TEXTS')
    const long = await failure(train({ ...TINY, directory, texts: ['Short.', 'long '.repeat(1500)] }))
    expect(long).to.be.instanceOf(InputError).with.property('code', 'TEXT_TOO_LONG')
    expect(long.message).to.match(/^Text 2 has 150[01] tokens; local models take at most 1023\.$/)
  })
})
