import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { acquireLock, isLocked } from '../../../src/lib/support/lock.ts'
import { fateOf, thisProcess } from '../../../src/lib/support/process-identity.ts'
import { failure } from '../../helpers/failure.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/support/${name}.ts`, import.meta.url))
const HOLD = fixture('hold')
const LONG_AGO = new Date(Date.UTC(2020))

describe('a lock', () => {
  let folder: string
  let path: string
  const children = new Set<ChildProcess>()

  const start = (command: string, ...argv: string[]) => {
    const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.add(child)
    return child
  }
  /** A process that holds the lock. */
  const hold = async (...wrapper: string[]) => {
    const [command, ...argv] = [...wrapper, process.execPath, HOLD, path]
    const child = start(command!, ...argv)
    const [said] = await once(child.stdout!, 'data')
    expect(String(said)).to.equal('held\n')
    return child
  }
  const kill = async (child: ChildProcess) => {
    children.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const silence = () => utimes(path, LONG_AGO, LONG_AGO)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-lock-'))
    path = join(folder, 'work', 'lock')
  })
  afterEach(async () => {
    for (const child of children) await kill(child)
    await rm(folder, { recursive: true, force: true })
  })

  it('is held by one, let go of, and leaves nothing behind', async () => {
    {
      await using _lock = await acquireLock(path)
      const { code, message } = (await failure(acquireLock(path))) as Error & { code: string }
      expect(code).to.equal('LOCKED')
      expect(message).to.match(
        /work is in use by process \d+ on \S+ since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: wait until it ends, or stop it\.$/,
      )
      expect(await isLocked(path)).to.equal(true)
    }
    expect(await isLocked(path)).to.equal(false)
    expect(await readdir(join(folder, 'work'))).to.deep.equal([])
  })

  it('is never in two hands, however many processes want it and die with it', async () => {
    const counter = join(folder, 'count')
    await writeFile(counter, '0')
    const [processes, times] = [8, 20]
    const contenders = Array.from({ length: processes }, () =>
      start(process.execPath, fixture('contend'), path, counter, String(times)),
    )
    const ends = await Promise.all(contenders.map((child) => once(child, 'exit')))
    expect(ends.map(([, signal]) => signal)).to.deep.equal(Array(processes).fill('SIGKILL'))
    expect(await readFile(counter, 'utf8')).to.equal(String(processes * times))
    await using _lock = await acquireLock(path)
    expect(await readdir(join(folder, 'work'))).to.deep.equal(['lock'])
  })

  it('is free at once when its process is gone, or when another has its pid', async function () {
    await kill(await hold())
    await (await acquireLock(path))[Symbol.asyncDispose]()
    const { boot, started } = thisProcess()
    if (boot === undefined) {
      console.log('      skipped in part: this system does not identify processes')
      this.skip()
    }
    const other = await hold()
    const record = JSON.parse(await readFile(path, 'utf8'))
    expect(fateOf(record)).to.equal('alive')
    expect(fateOf({ ...record, started })).to.equal('gone')
    await kill(other)
    await writeFile(path, JSON.stringify({ ...record, pid: process.pid }))
    await (await acquireLock(path))[Symbol.asyncDispose]()
  })

  it('that cannot be made and is not there is given up', async () => {
    await mkdir(join(folder, 'work'))
    await symlink(join(folder, 'nowhere', 'lock'), path)
    expect(((await failure(acquireLock(path))) as Error & { code: string }).code).to.equal('LOCKED')
  })

  it('of a process that cannot be looked up is free after a minute without a sign of life', async () => {
    await mkdir(join(folder, 'work'))
    const unknown = [
      { pid: process.pid, host: hostname() },
      { pid: 1, host: 'another-machine' },
      { ...thisProcess(), boot: 'another', host: 'another-machine' },
      { ...thisProcess(), namespace: 'pid:[1]' },
    ]
    for (const holder of unknown) {
      await writeFile(path, JSON.stringify(holder))
      expect((await failure(acquireLock(path))).message).to.match(
        new RegExp(
          `in use by process ${holder.pid} on ${holder.host}: wait until it ends, or stop it; if it is gone, the lock is free in (1 min 0|\\d+) s\\.$`,
        ),
      )
      await silence()
      await (await acquireLock(path))[Symbol.asyncDispose]()
    }
    for (const damaged of ['', '{"pid":', 'null', '{"pid":"1","host":2}']) {
      await writeFile(path, damaged)
      expect((await failure(acquireLock(path))).message).to.match(/in use by another process: /)
      await silence()
      await (await acquireLock(path))[Symbol.asyncDispose]()
    }
  })

  it('shows that its holder lives while that has no time for anything else', async () => {
    const holder = start(process.execPath, HOLD, path, 'busy')
    await once(holder.stdout!, 'data')
    await silence()
    while ((await stat(path)).mtimeMs === LONG_AGO.getTime()) await setTimeout(100)
    expect(JSON.parse(await readFile(path, 'utf8')).pid).to.equal(holder.pid)
  })

  it('tells its holder when another has it', async () => {
    const holder = await hold()
    await writeFile(path, JSON.stringify({ ...thisProcess(), key: 'of another' }))
    const [said] = await once(holder.stdout!, 'data')
    expect(String(said)).to.equal('lost\n')
    await kill(holder)
    expect(JSON.parse(await readFile(path, 'utf8')).key).to.equal('of another')
  })

  it('of a dead process is free at once although the machine has another name by now', async function () {
    if (spawnSync('unshare', ['--uts', 'true']).status !== 0) {
      console.log('      skipped: this system gives no process another name of the machine')
      this.skip()
    }
    const holder = await hold('unshare', '--uts', 'sh', '-c', 'hostname pod-7f && exec "$@"', 'sh')
    expect((await failure(acquireLock(path))).message).to.match(/on pod-7f since /)
    await kill(holder)
    await (await acquireLock(path))[Symbol.asyncDispose]()
  })

  it('of another container is not taken for that of a process here, and is free when that is silent', async function () {
    if (spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status !== 0) {
      console.log('      skipped: this system gives no process a namespace of its own')
      this.skip()
    }
    const holder = await hold('unshare', '--pid', '--fork', '--mount-proc', '--kill-child')
    const { pid } = JSON.parse(await readFile(path, 'utf8'))
    expect(pid).to.equal(1)
    expect((await failure(acquireLock(path))).message).to.match(
      /process 1 on .* if it is gone, the lock is free in /,
    )
    await kill(holder)
    expect((await failure(acquireLock(path))).message).to.match(
      /process 1 on .* if it is gone, the lock is free in /,
    )
    await silence()
    await (await acquireLock(path))[Symbol.asyncDispose]()
  })
})
