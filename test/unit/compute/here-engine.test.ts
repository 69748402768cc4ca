import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Job, JobState } from '../../../src/lib/compute/engine.ts'
import { HereEngine } from '../../../src/lib/compute/here/here-engine.ts'
import { hereFiles } from '../../../src/lib/compute/here/here-files.ts'
import { eventually } from '../../helpers/eventually.ts'

/** Says that it began, and ends with exit code 7 when it is told to go. */
const PROGRAM = `#!/bin/sh
echo "began $2" | tee -a began
until [ -f go ] || [ -f stop ]; do sleep 0.02; done
exit 7
`

describe('the engine of this machine', () => {
  let home: string
  let engine: HereEngine
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'here-'))
    engine = new HereEngine({ home, cwd: home, scripts: home, environment: process.env })
  })
  afterEach(() => rm(home, { recursive: true, maxRetries: 20, retryDelay: 50 }))

  const makeJob = async (id: string): Promise<Job> => {
    const folder = await mkdtemp(join(home, 'job-'))
    const python = join(folder, 'python')
    await writeFile(python, PROGRAM)
    await chmod(python, 0o755)
    const command = { script: 'train.py' as const, args: [id] }
    return { id, folder, python, command, resources: { gpus: 0, nodes: 1 } }
  }
  const reach = (job: Job, state: JobState) =>
    eventually(`the job is ${state}`, async () => {
      const status = await engine.status(job)
      return status.state === state && status
    })
  const go = (job: Job) => writeFile(join(job.folder, 'go'), '')

  it('runs a job once, however often it is handed over, and keeps how it ended', async () => {
    const job = await makeJob('one')
    expect(await engine.status(job)).to.deep.include({ state: 'unknown' })
    await Promise.all([engine.submit(job), engine.submit(job)])
    await reach(job, 'running')
    await engine.submit(job)
    await go(job)
    expect(await reach(job, 'ended')).to.deep.include({ exitCode: 7, word: 'exit 7' })
    await engine.submit(job)
    expect(await reach(job, 'ended')).to.deep.include({ exitCode: 7 })
    expect(await readFile(join(job.folder, 'began'), 'utf8')).to.equal('began one\n')
    expect(await engine.logs(job, {})).to.equal('began one\n')
    expect(await engine.logs(job, { from: 6 })).to.equal('one\n')
  })

  it('runs jobs one after another, and drops one that is stopped while it waits', async () => {
    const [first, second, third] = await Promise.all(['first', 'second', 'third'].map(makeJob))
    await engine.submit(first!)
    await reach(first!, 'running')
    await engine.submit(second!)
    await engine.submit(third!)
    expect(await engine.status(second!)).to.deep.include({ state: 'queued' })
    await engine.cancel(third!)
    expect(await reach(third!, 'ended')).to.deep.include({ reason: 'it was stopped before its turn came' })
    await go(second!)
    await go(first!)
    await reach(second!, 'ended')
    expect(await engine.logs(third!, {})).to.equal('')
  })

  it('says what cannot be started', async () => {
    const job = { ...(await makeJob('none')), python: join(home, 'nowhere') }
    await engine.submit(job)
    const { reason } = await reach(job, 'ended')
    expect(reason).to.match(/nowhere cannot be run$/)
  })

  it('tells a job that is lost from one that was never handed over', async () => {
    const job = await makeJob('lost')
    await engine.submit(job)
    await reach(job, 'running')
    await go(job)
    await reach(job, 'ended')
    const files = hereFiles(job)
    await rm(files.exit)
    const gone = { pid: 2 ** 22 + 1, ...(await identity()) }
    await writeFile(files.lock, JSON.stringify({ ...gone, key: 'k', since: '2026-11-26T00:00:00Z' }))
    expect(await engine.status(job)).to.deep.include({ state: 'lost' })
  })
})

/** Of a process of this start of this machine that is no more. */
async function identity() {
  const { thisProcess } = await import('../../../src/lib/support/process-identity.ts')
  const { pid: _pid, started: _started, ...machine } = thisProcess()
  return { ...machine, started: '1' }
}
