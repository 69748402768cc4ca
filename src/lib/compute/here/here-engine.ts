import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, open, writeFile } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import { exists, readTextIfExists, writeJson } from '../../support/files.ts'
import { isLocked } from '../../support/lock.ts'
import { siblingModule } from '../../support/sibling-module.ts'
import { wait } from '../../support/wait.ts'
import type { Engine, EngineOptions, Job, JobStatus, Machines, WantedMachines } from '../engine.ts'
import { processesOf } from '../engine.ts'
import { HUB_TOKENS, withoutSecrets } from '../job-environment.ts'
import { probePython, requireMachines } from '../python.ts'
import type { HostExit, HostOrder } from './here-files.ts'
import { hereFiles } from './here-files.ts'

const HOST = siblingModule('./here-host', import.meta.url)
const POLL_MS = 50
const MOST_LOG_BYTES = 1 << 22

/**
 * Jobs on this machine, one after another: each has a host process that outlives the command that starts it.
 * Any process can read a job's status from the host's files.
 */
export class HereEngine implements Engine {
  readonly name = 'here'
  readonly pollMs = 100
  readonly #options: EngineOptions

  constructor(options: EngineOptions) {
    this.#options = options
  }

  async check(
    { python = 'python3', gpus, program }: WantedMachines,
    { signal }: { signal?: AbortSignal | undefined },
  ): Promise<Machines> {
    const { scripts } = this.#options
    const findings = await probePython({ ...this.#options, python, signal })
    if (program !== undefined) await this.#requireProgram(program, findings.executable)
    const install = `${findings.executable} -m pip install -r ${join(scripts, 'requirements.txt')}`
    return requireMachines(findings, { gpus, anyPackages: program !== undefined }, { install })
  }

  /** Looks for the program next to Python, on the path, or as a path relative to the folder of the job. */
  async #requireProgram(program: string, python: string): Promise<void> {
    const { PATH = '' } = this.#options.environment
    const folders = isAbsolute(program) ? [''] : [dirname(python), ...PATH.split(delimiter)]
    for (const folder of folders) if (await canRun(join(folder, program))) return
    throw new InputError(`${program} cannot be run on this machine.`, {
      code: 'PROGRAM_MISSING',
      suggestions: ['use the Python of its environment: --python PATH, or REVERSAL_PYTHON'],
    })
  }

  async submit(job: Job): Promise<void> {
    const files = hereFiles(job)
    const order: HostOrder = {
      ...{ id: job.id, folder: job.folder, command: commandOf(job) },
      queue: join(this.#options.home, 'here.lock'),
    }
    await writeJson(files.order, order)
    const host = spawn(process.execPath, [fileURLToPath(HOST), files.order], {
      ...{ cwd: job.folder, detached: true, stdio: 'ignore', windowsHide: true },
      env: withoutSecrets(this.#options.environment, { keep: HUB_TOKENS }),
    })
    await once(host, 'spawn')
    host.unref()
    // Other processes can see the host only once it holds its lock.
    while (host.exitCode === null && host.signalCode === null && !(await this.#isTaken(files)))
      await wait(POLL_MS)
  }

  async status(job: Job): Promise<JobStatus> {
    const files = hereFiles(job)
    const held = (await exists(files.lock)) ? await isLocked(files.lock) : undefined
    // Read after the lock: a host records how its job ended before it releases the lock.
    const exit = await readTextIfExists(files.exit)
    if (exit !== undefined) return describeExit(JSON.parse(exit) as HostExit)
    if (held === undefined) return { state: 'unknown', word: 'not started' }
    if (!held) return { state: 'lost', word: 'lost', reason: 'its process is gone' }
    return (await exists(files.started))
      ? { state: 'running', word: 'running' }
      : { state: 'queued', word: 'waiting for its turn' }
  }

  async #isTaken({ lock, exit }: ReturnType<typeof hereFiles>): Promise<boolean> {
    return (await exists(exit)) || (await isLocked(lock))
  }

  async logs(job: Job, { from = 0 }: { from?: number }): Promise<string> {
    try {
      await using file = await open(hereFiles(job).log)
      const { size } = await file.stat()
      const buffer = Buffer.alloc(Math.max(0, Math.min(size - from, MOST_LOG_BYTES)))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from)
      return buffer.toString('utf8', 0, bytesRead)
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return ''
      throw error
    }
  }

  async cancel(job: Job): Promise<void> {
    await writeFile(hereFiles(job).stop, '')
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function canRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function describeExit({ code, signal, reason }: HostExit): JobStatus {
  return {
    ...{ state: 'ended', word: signal ?? (code === null ? 'not started' : `exit ${code}`) },
    ...(code !== null && { exitCode: code }),
    ...(signal !== null && { signal }),
    ...(reason !== undefined && { reason }),
  }
}

/** Each of several GPUs needs a process; accelerate starts and connects them. */
function commandOf(job: Job): string[] {
  const { python, folder, command } = job
  const script = [join(folder, command.script), ...command.args]
  const processes = processesOf(job)
  if (processes < 2) return [python, ...script]
  return [
    ...[python, '-m', 'accelerate.commands.launch', '--multi_gpu', '--num_machines', '1'],
    ...['--num_processes', String(processes), '--mixed_precision', 'no', '--dynamo_backend', 'no'],
    // 0 picks a free port: two trainings may share a machine.
    ...['--main_process_port', '0'],
    ...script,
  ]
}
