import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { quoteWord } from '../../support/command-line.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { readTextIfExists, sha256, writeJson } from '../../support/files.ts'
import { plural } from '../../support/numbers.ts'
import { wait } from '../../support/wait.ts'
import { zipFiles } from '../../support/zip.ts'
import type { Engine, EngineOptions, Job, JobStatus, Machines, WantedMachines } from '../engine.ts'
import { processesOf } from '../engine.ts'
import { exitOf } from '../exit-status.ts'
import type { PythonFindings } from '../python.ts'
import { findLacks } from '../python.ts'
import { parseRayAddress } from './ray-address.ts'
import type { RayJob } from './ray-client.ts'
import { lastLine, RayClient } from './ray-client.ts'
import { requireRayGpus } from './ray-gpus.ts'
import { readRayToken } from './ray-token.ts'

/** Time for a checkpoint before a job that is stopped is killed; without it Ray gives three seconds. */
const STOP_S = 600
const POLL_MS = 250
const PROBE_PATIENCE_MS = 180_000
/** The input files in a job's folder, as opposed to those that it writes. */
const MAKES_A_JOB = /\.(py|json|jsonl)$|^trainer-config\b/

/** What this machine knows of a job that was, or will be, submitted. */
interface Submitted {
  /** Session of the head that received it. */
  session: string
  /** True once the head has confirmed that it has the job. */
  confirmed: boolean
}

/**
 * Jobs on a Ray cluster. A job's ID is its submission ID, so that it is submitted only once. Its scripts, configuration
 * and data are sent as a package; its results go to its folder, which all machines of the cluster see.
 */
export class RayEngine implements Engine {
  readonly name = 'ray'
  readonly pollMs = 2000
  readonly #client: Promise<RayClient>
  readonly #scripts: string
  readonly #probed = new Set<string>()

  constructor({ site, environment, scripts }: EngineOptions) {
    const address = parseRayAddress(site)
    this.#scripts = scripts
    this.#client = readRayToken(environment).then((token) => new RayClient({ address, token }))
    // The error is thrown by the first method that needs the client.
    this.#client.catch(() => {})
  }

  async check(
    { python = 'python3', gpus, nodes }: WantedMachines,
    { signal }: { signal?: AbortSignal | undefined },
  ): Promise<Machines> {
    const client = await this.#client
    try {
      await client.session(signal, { once: true })
    } catch (error) {
      if (!(error instanceof ReversalError) || error instanceof InputError) throw error
      const { message, code, suggestions } = error
      throw new InputError(message, { code, suggestions, cause: error })
    }
    const { gpus: chosen, bf16 } = requireRayGpus(await client.nodes(signal), { gpus, nodes })
    return { gpus: chosen, bf16, python }
  }

  async submit(job: Job, { signal }: { signal?: AbortSignal | undefined }): Promise<void> {
    const client = await this.#client
    if (await client.job(job.id, signal)) return
    await this.#probe(client, job, signal)
    const session = await client.session(signal)
    await writeJson(markOf(job), { session, confirmed: false } satisfies Submitted)
    const { gpus, nodes } = job.resources
    await client.submit(
      {
        submission_id: job.id,
        entrypoint: entrypointOf(job),
        // Several machines are taken by the workers that the job starts.
        ...(nodes === 1 && gpus > 0 && { entrypoint_num_gpus: gpus }),
        metadata: { reversal: job.id },
        runtime_env: {
          working_dir: await keepFiles(client, await readMakings(job.files ?? job.folder), signal),
          env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(STOP_S), PYTHONUNBUFFERED: '1' },
        },
      },
      signal,
    )
    await writeJson(markOf(job), { session, confirmed: true } satisfies Submitted)
  }

  async status(job: Job, { signal }: { signal?: AbortSignal | undefined }): Promise<JobStatus> {
    const client = await this.#client
    const found = await client.job(job.id, signal)
    if (found !== undefined) return describeJob(found)
    const text = await readTextIfExists(markOf(job))
    const mark = text === undefined ? undefined : (JSON.parse(text) as Submitted)
    if (mark === undefined || !mark.confirmed) return { state: 'unknown', word: 'not submitted' }
    const isAnother = mark.session !== (await client.session(signal))
    const reason = isAnother
      ? 'the head of the Ray cluster was restarted and no longer knows it'
      : 'Ray no longer knows it'
    return { state: 'lost', word: 'lost', reason }
  }

  async logs(
    { id }: Job,
    { from = 0, signal }: { from?: number; signal?: AbortSignal | undefined },
  ): Promise<string> {
    const log = Buffer.from(await (await this.#client).logs(id, signal))
    return log.subarray(from).toString('utf8')
  }

  async cancel({ id }: Job, { signal }: { signal?: AbortSignal | undefined }): Promise<void> {
    await (await this.#client).stop(id, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [client] = await Promise.allSettled([this.#client])
    if (client.status === 'fulfilled') await client.value[Symbol.asyncDispose]()
  }

  /**
   * A job that looks whether the cluster can do the work: Python, its packages, and the folder. Throws InputError
   * PYTHON_MISSING, PACKAGES_MISSING and STORAGE_UNSEEN.
   */
  async #probe(client: RayClient, job: Job, signal: AbortSignal | undefined): Promise<void> {
    const { python, files } = job
    const storage = dirname(job.folder)
    const key = JSON.stringify([python, storage])
    if (this.#probed.has(key)) return
    const id = `reversal-probe-${randomUUID()}`
    const marker = files === undefined ? join(job.folder, `${id}.txt`) : undefined
    try {
      if (marker !== undefined) await writeFile(marker, '')
      const script = new Map([['probe.py', await readFile(join(this.#scripts, 'probe.py'))]])
      await client.submit(
        {
          submission_id: id,
          entrypoint: [python, 'probe.py', marker ?? storage].map(quoteWord).join(' '),
          entrypoint_num_cpus: 0,
          metadata: { reversal: id },
          runtime_env: { working_dir: await keepFiles(client, script, signal), env_vars: {} },
        },
        signal,
      )
      const ended = await endOf(client, id, signal)
      const findings = findingsOf(await client.logs(id, signal))
      if (findings === undefined) throw this.#noPython(python, ended)
      const [lack] =
        job.command.script === 'command.py' || job.command.script === 'serve.py' ? [] : findLacks(findings)
      if (lack !== undefined) {
        const suggestions = [
          'use another Python of the cluster: --python PATH',
          `install what is missing there: ${findings.executable} -m pip install -r requirements.txt`,
        ]
        throw new InputError(`On the Ray cluster, ${lack}`, { code: 'PACKAGES_MISSING', suggestions })
      }
      if (findings.seen === false) {
        throw new InputError(`The Ray cluster does not see ${storage}, where the files of the run go.`, {
          code: 'STORAGE_UNSEEN',
          suggestions: ['use a folder that its machines share: --storage PATH'],
        })
      }
    } finally {
      if (marker !== undefined) await rm(marker, { force: true })
    }
    this.#probed.add(key)
  }

  #noPython(python: string, { message }: RayJob): InputError {
    const said = message === null ? '' : `: ${lastLine(message)}`
    return new InputError(`The Ray cluster has no Python that runs as ${python}${said}`, {
      code: 'PYTHON_MISSING',
      suggestions: ['use the Python of the cluster that has TRL: --python PATH'],
    })
  }
}

function markOf({ id, folder, files }: Job): string {
  return join(files ?? folder, 'jobs', `${id}.ray.json`)
}

function entrypointOf(job: Job): string {
  const { folder, python, command } = job
  const { gpus, nodes } = job.resources
  const script = [command.script, ...command.args]
  const launched =
    nodes > 1
      ? ['1', 'ray_workers.py', String(nodes), String(gpus), ...script]
      : [String(processesOf(job)), ...script]
  return [python, 'launch.py', folder, ...launched].map(quoteWord).join(' ')
}

async function readMakings(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).filter((name) => MAKES_A_JOB.test(name) && !WRITTEN.includes(name))
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  )
}

/** Files that a job writes. */
const WRITTEN = ['events.jsonl', 'progress.jsonl', 'result.json']

/** A package is named after its content, so that one that the cluster already has is not sent again. */
async function keepFiles(
  client: RayClient,
  files: ReadonlyMap<string, Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const archive = zipFiles(files)
  return client.keepPackage(sha256(archive).slice(0, 16), archive, signal)
}

async function endOf(client: RayClient, id: string, signal: AbortSignal | undefined): Promise<RayJob> {
  const patience = AbortSignal.timeout(PROBE_PATIENCE_MS)
  for (;;) {
    const job = await client.job(id, signal)
    if (job !== undefined && job.status !== 'PENDING' && job.status !== 'RUNNING') return job
    if (job === undefined || patience.aborted) {
      await client.stop(id)
      throw new ReversalError(
        `Ray at ${client.address} did not run a small job in ${plural(PROBE_PATIENCE_MS / 60_000, 'minute')}.`,
        {
          code: 'RAY_BUSY',
        },
      )
    }
    await wait(POLL_MS, signal)
  }
}

/** The line of a log that `probe.py` printed. */
function findingsOf(log: string): (PythonFindings & { seen?: boolean }) | undefined {
  const line = log.split('\n').findLast((one) => one.startsWith('{"python"'))
  return line === undefined ? undefined : (JSON.parse(line) as PythonFindings & { seen?: boolean })
}

function describeJob({ status, message, error_type: type, driver_exit_code: code }: RayJob): JobStatus {
  if (status === 'PENDING')
    return { state: 'queued', word: status, ...(message && { reason: lastLine(message) }) }
  if (status === 'RUNNING') return { state: 'running', word: status }
  const isCommand = type === null || type.startsWith('JOB_ENTRYPOINT_COMMAND')
  if (status === 'FAILED' && !isCommand)
    return { state: 'ended', word: status, reason: message ? lastLine(message) : type }
  return { state: 'ended', word: status, ...exitOf(code) }
}
