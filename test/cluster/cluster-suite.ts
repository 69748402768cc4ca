import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { FIXTURES } from '../unit/engine/pretrained/fixtures.ts'
import { LonelyNetwork } from './lonely-network.ts'
import { ClusterCli, endProcess, trainersIn } from './real-cluster.ts'

/** Three texts in batches of one. */
const EPOCHS = 40
const STEPS = 3 * EPOCHS

/** What a test of a cluster has at hand. */
export class ClusterBench {
  readonly folder: string
  readonly store: RunStore
  /** A folder that this machine sees empty, and the cluster with a folder `inner`. */
  readonly disk: string
  readonly network: LonelyNetwork
  readonly cli: ClusterCli
  readonly #engine: string[]
  /** What an undisturbed training ends with. */
  loss = Number.NaN

  private constructor(folder: string, network: LonelyNetwork, { python, engine, environment }: BenchOptions) {
    this.folder = folder
    this.store = new RunStore(join(folder, 'home'))
    this.disk = join(folder, 'disk')
    this.network = network
    this.#engine = engine
    this.cli = new ClusterCli(network, {
      ...{ ...process.env, REVERSAL_HOME: this.store.home, REVERSAL_PYTHON: python },
      ...{ HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1', ...environment?.(folder) },
    })
  }

  /** Undefined where this machine lets nobody make a network. */
  static async open(options: BenchOptions): Promise<ClusterBench | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'rc-'))
    const disk = join(folder, 'disk')
    await writeTinyDataset(join(folder, 'tiny'))
    await mkdir(disk)
    const network = await LonelyNetwork.open({ disk })
    if (network !== undefined) return new ClusterBench(folder, network, options)
    await rm(folder, { recursive: true })
    return undefined
  }

  /** Flags of a training of so many passes over three texts, in batches of so many. */
  given({ epochs = EPOCHS, batch = 1 }: { epochs?: number; batch?: number } = {}): string[] {
    const model = join(FIXTURES, 'llama')
    return [
      ...['--provider', 'trl', '--model-name', model, '--dataset-name', join(this.folder, 'tiny')],
      ...['--batch-size', String(batch), '--n-epochs', String(epochs), '--learning-rate-multiplier', '2'],
      ...['--checkpoint-every', '5', ...this.#engine],
    ]
  }

  start(...flags: string[]): Promise<RunRecord> {
    return this.startGiven(this.given(), ...flags)
  }

  async startGiven(given: string[], ...flags: string[]): Promise<RunRecord> {
    const { runs } = await this.cli.json<FinetuneStartResult>('finetune:start', ...given, ...flags)
    return runs[0]!
  }

  async watch(id: string): Promise<RunRecord> {
    return (await this.cli.json<{ run: RunRecord }>('finetune:watch', id, '--every', '0.2')).run
  }

  async reach(id: string, step: number): Promise<RunRecord> {
    return eventually(`step ${step}`, async () => {
      await this.cli.json('runs:list')
      const run = await this.store.get(id)
      return (run.progress?.step ?? 0) >= step && run
    })
  }

  /** It trained once, from the first step to the last, and ended as the undisturbed one. */
  async expectWhole(run: RunRecord): Promise<void> {
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(run.progress).to.deep.include({ step: STEPS, total_steps: STEPS })
    expect(run.progress!.loss).to.be.closeTo(this.loss, 1e-4)
    const events = await this.store.events(run.id)
    const steps = events.filter(({ type }) => type === 'step').map(({ step }) => step)
    expect(new Set(steps).size).to.equal(STEPS)
    const starts = events.filter(({ message }) => message === 'starting').map(({ data }) => data?.attempt)
    expect(starts).to.deep.equal(Array.from({ length: requestOf(run).attempt }, (_, index) => index + 1))
  }

  async close(): Promise<void> {
    await this.network[Symbol.asyncDispose]()
    await rm(this.folder, { recursive: true, maxRetries: 50, retryDelay: 200 })
  }
}

interface BenchOptions {
  python: string
  /** Flags that choose engine and cluster. */
  engine: string[]
  environment?: (folder: string) => NodeJS.Dict<string>
}

/** What every engine of a cluster must show. */
export function itServesAsCluster(bench: () => ClusterBench): void {
  it('trains, followed from afar', async () => {
    const run = await bench().start('--follow')
    bench().loss = run.progress!.loss!
    await bench().expectWhole(run)
    const listed = await bench().cli.json<{ runs: RunRecord[] }>('runs:list')
    expect(listed.runs[0]!.status).to.equal('succeeded')
  })

  it('makes one job of a run although its command is killed 20 times', async () => {
    const { store, cli } = bench()
    const given = bench().given()
    const before = new Set((await store.list()).map(({ id }) => id))
    const own = async () => (await store.list()).filter(({ id }) => !before.has(id))
    let kills = 0
    for (let moment = 1; kills < 10; moment++) {
      const child = cli.start('finetune:start', ...given)
      await setTimeout(300 + 130 * moment)
      await endProcess(child, 'SIGKILL')
      kills++
    }
    for (const run of await own()) {
      while (kills < 20 && !['succeeded', 'running'].includes((await store.get(run.id)).status)) {
        const child = cli.start('finetune:resume', run.id)
        await setTimeout(300 + 97 * (kills - 9))
        await endProcess(child, 'SIGKILL')
        kills++
      }
      await cli.run('finetune:resume', run.id)
    }
    console.log(`      ${kills} kills, ${(await own()).length} runs`)
    for (const { id } of await own()) {
      const run = await bench().watch(id)
      expect(requestOf(run).attempt).to.equal(1)
      await bench().expectWhole(run)
    }
  })

  it('goes on from a checkpoint after the job was killed at step 10', async () => {
    const { id } = await bench().start()
    const reached = await bench().reach(id, 10)
    const pids = await trainersIn(requestOf(reached).folder)
    expect(pids).to.have.length(1)
    process.kill(pids[0]!, 'SIGKILL')
    const killed = await bench().watch(id)
    expect(killed.status).to.equal('interrupted')
    expect(killed.error).to.match(/SIGKILL|killed/)
    await bench().cli.json('finetune:resume', id)
    const run = await bench().watch(id)
    expect(requestOf(run).attempt).to.equal(2)
    await bench().expectWhole(run)
  })

  it('stops with a checkpoint and goes on with it', async () => {
    const { id } = await bench().start()
    await bench().reach(id, 10)
    const { run } = await bench().cli.json<{ run: RunRecord }>('finetune:cancel', id)
    expect(run.status).to.equal('cancelled')
    const left = await readdir(join(requestOf(run).folder, 'checkpoints'))
    expect(left).to.include(`checkpoint-${run.progress!.step}`)
    await bench().cli.json('finetune:resume', id)
    await bench().expectWhole(await bench().watch(id))
  })

  it('runs a trainer of one’s own', async () => {
    const command = `bash -c 'test -s {texts} && echo {epochs} epochs && cp -r {model} {output}'`
    const run = await bench().start('--trainer-command', command, '--follow')
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(await readdir(join(requestOf(run).folder, 'model'))).to.include('config.json')
    const lost = `bash -c 'test -s {texts} && echo {output} and no more'`
    const failed = await bench().start('--trainer-command', lost, '--follow')
    expect(failed.status).to.equal('failed')
    expect(failed.error).to.match(/left no model in/)
  })

  it('refuses what the cluster does not have, and leaves no run', async () => {
    const { cli, store } = bench()
    const given = bench().given()
    const before = (await store.list()).length
    const refusal = async (...flags: string[]) => {
      const { code, stderr } = await cli.run('finetune:start', ...given, ...flags)
      expect(code, stderr).to.equal(2)
      expect(await store.list()).to.have.length(before)
      return stderr.replace(/\s+/g, ' ')
    }
    expect(await refusal('--gpus', '3')).to.match(/--gpus asks for 3/)
    expect(await refusal('--storage', '/nowhere/at/all')).to.match(/\/nowhere\/at/)
  })
}
