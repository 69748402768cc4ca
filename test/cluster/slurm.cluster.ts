import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { batchScript, slurmName } from '../../src/lib/compute/slurm/batch-script.ts'
import { readResult } from '../../src/lib/finetuning/trl/job-folder.ts'
import { jobOf, requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { eventually } from '../helpers/eventually.ts'
import { ClusterBench, itServesAsCluster } from './cluster-suite.ts'
import { trainersIn } from './real-cluster.ts'
import { RealSlurm, slurmRoot } from './real-slurm.ts'
import { trlPython } from './trl-python.ts'

describe('a real Slurm of one machine', () => {
  let bench: ClusterBench
  let slurm: RealSlurm

  before(async function () {
    const [python, root] = [trlPython(), slurmRoot()]
    const environment = (folder: string) => ({
      PATH: `${join(folder, 'slurm', 'bin')}:${join(folder, 'ssh')}:${process.env.PATH}`,
    })
    const opened =
      python && root && (await ClusterBench.open({ python, engine: ['--engine', 'slurm'], environment }))
    if (!root || !opened) {
      console.log('      There is no Python with TRL, no Slurm, or no network of its own can be made.')
      return this.skip()
    }
    bench = opened
    slurm = new RealSlurm({ network: bench.network, root, folder: join(bench.folder, 'slurm') })
    await slurm.start()
    await writeSsh(bench, slurm)
  })
  after(async () => {
    await slurm?.stop()
    await bench?.close()
  })

  itServesAsCluster(() => bench)

  it('goes on by itself where Slurm takes its machine away and gives it back', async () => {
    const { id } = await bench.start()
    await bench.reach(id, 10)
    const number = (await slurm.ask('squeue', '-h', '-n', slurmName(`${id}-1`), '-o', '%i')).trim()
    await slurm.ask('scontrol', 'requeue', number)
    const run = await bench.watch(id)
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(requestOf(run).attempt).to.equal(1)
    expect(run.progress!.loss).to.be.closeTo(bench.loss, 1e-4)
    const starts = (await bench.store.events(id)).filter(({ message }) => message === 'starting')
    expect(starts).to.have.length(2)
  })

  it('runs several seeds as tasks of one array, each a run of its own', async () => {
    const given = [...bench.given(), '--num-finetunes', '3']
    const { runs } = await bench.cli.json<{ runs: RunRecord[] }>('finetune:start', ...given)
    const [first, second, third] = runs.map(({ id }) => id) as [string, string, string]
    const queue = await slurm.ask('squeue', '-h', '-t', 'all', '-r', '-o', '%i|%j')
    const tasks = queue.split('\n').filter((line) => line.endsWith(`|${slurmName(`${first}-array`)}`))
    expect(tasks.map((line) => line.split('|')[0]!.split('_')[1]).toSorted()).to.deep.equal(['0', '1', '2'])
    // There are two processors: the third waits.
    const { run } = await bench.cli.json<{ run: RunRecord }>('finetune:cancel', third)
    expect(run.status).to.equal('cancelled')
    await bench.reach(second, 10)
    const [pid] = await trainersIn(requestOf(await bench.store.get(second)).folder)
    process.kill(pid!, 'SIGKILL')
    expect((await bench.watch(second)).status).to.equal('interrupted')
    await bench.cli.json('finetune:resume', second)
    for (const id of [first, second]) {
      const ended = await bench.watch(id)
      expect(ended, ended.error).to.deep.include({ status: 'succeeded' })
      expect(requestOf(ended).attempt).to.equal(id === first ? 1 : 2)
    }
    await bench.cli.json('finetune:resume', third)
    expect((await bench.watch(third)).status).to.equal('succeeded')
  })

  it('brings files to a host behind ssh and follows by the log', async () => {
    const storage = join(bench.disk, 'inner')
    const run = await bench.start('--slurm-host', 'login', '--storage', storage, '--follow')
    expect(requestOf(run)).to.deep.include({ site: 'login', folder: join(storage, run.id) })
    await bench.expectWhole(run)
  })

  it('trains on two ranks that srun starts', async () => {
    const first = await bench.start('--follow')
    const folder = join(bench.folder, 'two')
    await cp(requestOf(first).folder, folder, { recursive: true })
    for (const name of ['model', 'jobs', 'events.jsonl', 'result.json'])
      await rm(join(folder, name), { recursive: true })
    const config = { ...requestOf(first).config, batch_size: 2, epochs: 3 }
    await writeFile(join(folder, 'config.json'), JSON.stringify(config))
    const args = [join(folder, 'config.json'), '1']
    const job = { ...jobOf(first), id: 'two', folder, command: { script: 'train.py', args } as const }
    const script = join(folder, 'two.sh')
    await writeFile(script, batchScript(job).replace('ntasks-per-node=1', 'ntasks-per-node=2'))
    await slurm.ask('sbatch', `--output=${join(folder, 'log')}`, script)
    const result = await eventually('the result', () => readResult(folder, 1), { limitS: 300 })
    expect(result).to.deep.include({ status: 'succeeded', step: 2 * config.epochs })
  })

  it('refuses a partition that is none', async () => {
    const { code, stderr } = await bench.cli.run('finetune:start', ...bench.given(), '--partition', 'none')
    expect(code).to.equal(2)
    expect(stderr).to.contain('There is no partition none')
  })
})

/** Stands in for ssh: gives the command where the cluster is. */
async function writeSsh(bench: ClusterBench, slurm: RealSlurm): Promise<void> {
  const folder = join(bench.folder, 'ssh')
  await mkdir(folder)
  const [program, args] = bench.network.inside(['env', `PATH=${slurm.bin}:${process.env.PATH}`, 'sh', '-c'], {
    disk: true,
  })
  const script = `#!/bin/sh\nfor word; do command=$word; done\nexec ${[program, ...args].map((word) => `'${word}'`).join(' ')} "$command"\n`
  await writeFile(join(folder, 'ssh'), script, { mode: 0o755 })
}
