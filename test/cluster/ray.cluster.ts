import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import { ClusterBench, itServesAsCluster } from './cluster-suite.ts'
import { ClusterCli } from './real-cluster.ts'
import { RAY_ADDRESS, RealRay, rayOf } from './real-ray.ts'
import { trlPython } from './trl-python.ts'

const TOKEN = 'a-token-of-this-test-alone-0123456789'

describe('a real Ray head', () => {
  let bench: ClusterBench
  let ray: RealRay
  let temporary: string

  before(async function () {
    const python = trlPython()
    const program = rayOf(python)
    const engine = ['--engine', 'ray']
    const environment = () => ({ RAY_API_SERVER_ADDRESS: RAY_ADDRESS, RAY_AUTH_TOKEN: TOKEN })
    const opened = program && (await ClusterBench.open({ python: python!, engine, environment }))
    if (!program || !opened) {
      console.log('      There is no Python with TRL and Ray here, or no network of its own can be made.')
      return this.skip()
    }
    bench = opened
    // Sockets have short names.
    temporary = await mkdtemp(join(tmpdir(), 'r'))
    ray = new RealRay({ network: bench.network, ray: program, folder: temporary, token: TOKEN })
    await ray.start()
  })
  after(async () => {
    await ray?.stop()
    await bench?.close()
    if (temporary !== undefined) await rm(temporary, { recursive: true, maxRetries: 50, retryDelay: 200 })
  })

  itServesAsCluster(() => bench)

  it('refuses a token that is wrong or missing, and what is no Ray', async () => {
    const { network, cli, store } = bench
    const before = (await store.list()).length
    const refusal = async (changed: NodeJS.Dict<string>) => {
      const own = new ClusterCli(network, { ...cli.environment, HOME: bench.folder, ...changed })
      const { code, stderr } = await own.run('finetune:start', ...bench.given())
      expect(code, stderr).to.equal(2)
      expect(stderr).to.not.contain(TOKEN)
      return stderr.replace(/\s+/g, ' ')
    }
    expect(await refusal({ RAY_AUTH_TOKEN: 'b' })).to.contain('does not accept this token')
    expect(await refusal({ RAY_AUTH_TOKEN: '' })).to.contain('requires a token, and none is set')
    expect(await refusal({ RAY_API_SERVER_ADDRESS: 'http://127.0.0.1:9' })).to.contain('cannot be reached')
    expect(await store.list()).to.have.length(before)
  })

  it('tells storage that the cluster sees from storage that it does not', async () => {
    const { cli, disk } = bench
    const { code, stderr } = await cli.run('finetune:start', ...bench.given(), '--storage', disk)
    expect(code).to.equal(2)
    expect(stderr.replace(/\s+/g, ' ')).to.contain('The Ray cluster does not see')
    const run = await bench.start('--storage', join(disk, 'inner'), '--follow')
    expect(requestOf(run).files).to.be.a('string')
    await bench.expectWhole(run)
  })

  it('trains on two workers of Ray Train', async () => {
    const run = await bench.startGiven(bench.given({ batch: 2 }), '--nodes', '2', '--follow')
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
  })

  it('tells a lost head from a lost job, and goes on where there is another', async () => {
    const { id } = await bench.startGiven(bench.given({ epochs: 1000 }))
    await bench.reach(id, 10)
    await ray.stop()
    const unreachable = await bench.cli.run('finetune:watch', id)
    expect(unreachable.code).to.equal(1)
    expect(unreachable.stderr.replace(/\s+/g, ' ')).to.contain('cannot be reached')
    await ray.start()
    const lost = await bench.watch(id)
    expect(lost.status).to.equal('interrupted')
    expect(lost.error).to.contain('the head of the Ray cluster was restarted')
    await bench.cli.json('finetune:resume', id)
    const run = await bench.watch(id)
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(run.progress).to.deep.include({ step: 3000, total_steps: 3000 })
    const steps = (await bench.store.events(id)).filter(({ type }) => type === 'step')
    expect(new Set(steps.map(({ step }) => step)).size).to.equal(3000)
  })
})
