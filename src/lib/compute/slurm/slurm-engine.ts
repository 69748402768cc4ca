import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { quoteWord } from '../../support/command-line.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { exists, writeJson } from '../../support/files.ts'
import { wait } from '../../support/wait.ts'
import type {
  ArrayOptions,
  Engine,
  EngineOptions,
  Job,
  JobStatus,
  Machines,
  WantedMachines,
} from '../engine.ts'
import { exitOf } from '../exit-status.ts'
import { arrayScript, batchScript, slurmFiles, slurmName } from './batch-script.ts'
import type { SlurmNames, SlurmRow } from './job-states.ts'
import {
  ACCOUNT_COLUMNS,
  ACCOUNT_FORMAT,
  chooseRow,
  isAlive,
  isOf,
  isQueued,
  parseRows,
  QUEUE_COLUMNS,
  QUEUE_FORMAT,
  reasonOfEnd,
} from './job-states.ts'
import type { Said } from './login-node.ts'
import { LoginNode } from './login-node.ts'
import { parseMachines, requireSlurmGpus } from './slurm-gpus.ts'
import { parseAccountJson, parseQueueJson, printsJson } from './slurm-json.ts'

type Options = { signal?: AbortSignal | undefined }

/** A query for jobs to one of Slurm's programs, and its parsers. */
interface Look {
  asked: readonly [program: string, ...words: string[]]
  parseJson: (text: string) => SlurmRow[] | undefined
  table: readonly string[]
  columns: readonly (keyof SlurmRow)[]
}

/** Messages of sbatch after which it is unknown whether the controller accepted the job. */
const UNSURE = /timed out|unable to contact|zero bytes|connection (refused|reset)|try again|protocol/i
/** Number of searches for a job whose submission got no answer, and the time between them. */
const LOOKS = 3
const BETWEEN_MS = 1000
/** Jobs that ended before are not asked for. */
const ACCOUNTED = 'now-90days'

/**
 * Runs jobs on Slurm by its commands, on this machine or on a host behind ssh. A job is found by its name, which is its
 * ID, so that one whose submission was not answered is not submitted again. As Slurm forgets jobs, a file in its folder
 * records how it ended.
 */
export class SlurmEngine implements Engine {
  readonly name = 'slurm'
  readonly pollMs = 5000
  readonly #login: LoginNode
  #printsJson: Promise<boolean> | undefined

  constructor({ site, environment }: EngineOptions) {
    this.#login = new LoginNode({ host: site, environment })
  }

  async check(wanted: WantedMachines, { signal }: Options): Promise<Machines> {
    const { python = 'python3', gpus, nodes, partition } = wanted
    const { place } = this.#login
    const where = partition === undefined ? [] : ['-p', partition]
    const said = await this.#orInputError(() =>
      this.#login.run(['sinfo', '-h', '-o', '%D|%G', ...where], { signal }),
    )
    if (said.code === 127) {
      throw new InputError(`There is no Slurm ${place}.`, {
        code: 'SLURM_MISSING',
        suggestions: ['name the machine with its commands: --slurm-host HOST'],
      })
    }
    if (said.code !== 0) {
      throw new InputError(`Slurm ${place} does not say what it has: ${lastWords(said)}`, {
        code: 'SLURM_REFUSED',
      })
    }
    const chosen = requireSlurmGpus(parseMachines(said.stdout), { gpus, nodes, partition })
    return { gpus: chosen, bf16: chosen > 0, python }
  }

  async submit(job: Job, { signal }: Options): Promise<void> {
    await this.#submit([job], { script: batchScript(job), log: slurmFiles(job).log, signal })
  }

  async submitArray(jobs: readonly Job[], { atOnce, signal }: ArrayOptions): Promise<void> {
    const [first] = jobs as [Job]
    // Slurm's own messages about a task.
    const log = slurmFiles({ ...first, id: `${first.array!.id}-%a` }).log
    await this.#submit(jobs, { script: arrayScript(jobs, { atOnce }), log, signal })
  }

  /** Submits jobs that one script runs: Slurm accepts all of them or none. */
  async #submit(
    jobs: readonly Job[],
    { script, log, signal }: { script: string; log: string } & Options,
  ): Promise<void> {
    const [first] = jobs as [Job]
    if ((await this.status(first, { signal })).state !== 'unknown') return
    const made: string[] = []
    for (const job of jobs) {
      // Slurm starts no job whose log it cannot write.
      await mkdir(dirname(noteOf(job)), { recursive: true })
      if (job.files !== undefined && (await this.#deliver(job, job.files, signal))) made.push(job.folder)
    }
    const note = (number: string | undefined) => Promise.all(jobs.map((job) => this.#note(job, number)))
    // A pattern for the number of a task stays one.
    const output = first.array === undefined ? log.replaceAll('%', '%%') : log
    let said: Said | undefined
    let fault: unknown
    try {
      said = await this.#login.run(['sbatch', '--parsable', `--output=${output}`], { input: script, signal })
    } catch (error) {
      signal?.throwIfAborted()
      fault = error
    }
    if (said?.code === 0) return void (await note(said.stdout.trim().split(';')[0]))
    const isRefused = said !== undefined && !UNSURE.test(said.stderr)
    for (let look = 0; look < (isRefused ? 1 : LOOKS); look++) {
      if (look > 0) await wait(BETWEEN_MS, signal)
      // A short job has ended by now, and Slurm may have forgotten it.
      const found = await this.status(first, { signal }).catch(() => undefined)
      if (found !== undefined && found.state !== 'unknown') return void (await note(undefined))
    }
    if (said === undefined || !isRefused) throw fault ?? this.#unsure(said!)
    if (made.length > 0) await this.#login.run(['rm', '-rf', '--', ...made])
    throw new InputError(
      said.code === 127
        ? `There is no sbatch ${this.#login.place}.`
        : `Slurm refused the job: ${lastWords(said)}`,
      {
        code: said.code === 127 ? 'SLURM_MISSING' : 'SLURM_REFUSED',
        suggestions: ['account, QOS and memory: SBATCH_ACCOUNT, SBATCH_QOS, SBATCH_MEM_PER_NODE'],
      },
    )
  }

  async status(job: Job, { signal }: Options): Promise<JobStatus> {
    const found = await this.#find(job, signal).catch((error: unknown) => {
      if (error instanceof ReversalError) return error
      throw error
    })
    if (found !== undefined && !(found instanceof ReversalError) && isAlive(found)) {
      const { state, reason } = found
      return { state: isQueued(found) ? 'queued' : 'running', word: state, ...(reason && { reason }) }
    }
    const { began, exit } = await this.#traces(job, signal)
    const row = found instanceof ReversalError ? undefined : (found ?? (await this.#account(job, signal)))
    if (exit !== undefined) {
      const reason = row && exit !== 0 ? reasonOfEnd(row) : undefined
      return {
        state: 'ended',
        word: row?.state ?? `exit ${exit}`,
        ...exitOf(exit),
        ...(reason && { reason }),
      }
    }
    if (found instanceof ReversalError) throw found
    if (row !== undefined && isAlive(row)) return { state: 'running', word: row.state }
    if (row !== undefined) {
      const before = `it ended before it started: check that its machines see ${job.folder}`
      return {
        state: 'ended',
        word: row.state,
        reason: reasonOfEnd(row) ?? (began ? 'it was killed' : before),
      }
    }
    if (!began && !(await exists(noteOf(job)))) return { state: 'unknown', word: 'not submitted' }
    return { state: 'lost', word: 'lost', reason: 'Slurm no longer knows it' }
  }

  async logs(job: Job, { from = 0, signal }: { from?: number } & Options): Promise<string> {
    const { log } = slurmFiles(job)
    const { stdout } = await this.#login.run(['tail', '-c', `+${from + 1}`, log], { signal })
    return stdout
  }

  /** By a file, which reaches all its ranks; a job that waits is taken out of the queue. */
  async cancel(job: Job, { signal }: Options): Promise<void> {
    const { stop } = slurmFiles(job)
    await this.#login.run(['sh', '-c', 'mkdir -p "$(dirname "$1")" && : > "$1"', 'sh', stop], { signal })
    const found = await this.#find(job, signal)
    if (found === undefined || !isQueued(found)) return
    const [number = '', task] = found.number.split('_')
    // With --state, Slurm 22.05 cancels all tasks of the array that wait. A task that has just begun is sent SIGTERM.
    await this.#login.run(
      task === undefined
        ? ['scancel', '--state=PENDING', number]
        : ['scancel', `${number}_${job.array!.task}`],
      { signal },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** The queue's row for a job; undefined if there is none. Slurm forgets jobs that ended minutes ago. */
  async #find(job: Job, signal: AbortSignal | undefined): Promise<SlurmRow | undefined> {
    const names = namesOf(job)
    const { said, row } = await this.#look(names, {
      asked: ['squeue', '-t', 'all', '-n', bothOf(names)],
      parseJson: parseQueueJson,
      table: ['-h', '-r', '-o', QUEUE_FORMAT],
      columns: QUEUE_COLUMNS,
      signal,
    })
    if (said.code !== 0) throw this.#unsure(said)
    return row
  }

  /** The accounting's row for a job, if the cluster has accounting. */
  async #account(job: Job, signal: AbortSignal | undefined): Promise<SlurmRow | undefined> {
    const names = namesOf(job)
    const { row } = await this.#look(names, {
      asked: ['sacct', '-X', `--name=${bothOf(names)}`, '-S', ACCOUNTED],
      parseJson: parseAccountJson,
      table: ['-n', '-P', '-o', ACCOUNT_FORMAT],
      columns: ACCOUNT_COLUMNS,
      signal,
    })
    return row
  }

  /** The row of a job in a program's output: JSON if it prints that, else a table. */
  async #look(
    names: SlurmNames,
    { asked, parseJson, table, columns, signal }: Look & Options,
  ): Promise<{ said: Said; row: SlurmRow | undefined }> {
    const rowIn = (rows: readonly SlurmRow[]) => chooseRow(rows.filter((row) => isOf(row, names)))
    if (await this.#hasJson(signal)) {
      const said = await this.#login.run([...asked, '--json'], { signal })
      const rows = said.code === 0 ? parseJson(said.stdout) : undefined
      if (rows !== undefined) return { said, row: rowIn(rows) }
    }
    const said = await this.#login.run([...asked, ...table], { signal })
    return { said, row: said.code === 0 ? rowIn(parseRows(said.stdout, columns)) : undefined }
  }

  /** Depends on the program only, not on the cluster. */
  #hasJson(signal: AbortSignal | undefined): Promise<boolean> {
    this.#printsJson ??= this.#login
      .run(['squeue', '--version'], { signal })
      .then(({ code, stdout }) => code === 0 && printsJson(stdout))
      .catch((error: unknown) => {
        this.#printsJson = undefined
        throw error
      })
    return this.#printsJson
  }

  /** Whether the job's own files show that it began, and its exit code if it ended. */
  async #traces(
    job: Job,
    signal: AbortSignal | undefined,
  ): Promise<{ began: boolean; exit: number | undefined }> {
    const { owner, exit } = slurmFiles(job)
    const script = 'test -e "$1" && echo began; cat "$2" 2>/dev/null; true'
    const { stdout } = await this.#login.run(['sh', '-c', script, 'sh', owner, exit], { signal })
    const lines = stdout.trim().split('\n')
    const code = lines.find((line) => /^\d+$/.test(line))
    return { began: lines.includes('began'), exit: code === undefined ? undefined : Number(code) }
  }

  /** Copies files to a folder that this machine does not see. Returns whether that created the folder. */
  async #deliver({ folder }: Job, files: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { host, place } = this.#login
    const storage = posix.dirname(folder)
    const script = `cd "$1" 2>/dev/null || exit 66; mkdir "$2" 2>/dev/null && echo new; mkdir -p "$2/jobs" && tar -xf - -C "$2" && rm -f "$2/stop"`
    const tar = spawn('tar', ['-cf', '-', '--exclude', './jobs', '-C', files, '.'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const name = posix.basename(folder)
    const said = await this.#login.run(['sh', '-c', script, 'sh', storage, name], {
      input: tar.stdout,
      signal,
    })
    if (said.code === 66) {
      throw new InputError(`There is no folder ${storage} ${place}.`, {
        code: 'STORAGE_UNSEEN',
        suggestions: [
          `make it: ssh ${host} mkdir -p ${quoteWord(storage)}`,
          'use another one: --storage PATH',
        ],
      })
    }
    if (said.code !== 0) {
      throw new ReversalError(
        `The files of the job could not be copied to ${folder} ${place}: ${lastWords(said)}`,
        {
          code: 'NOT_DELIVERED',
        },
      )
    }
    return said.stdout.includes('new')
  }

  async #note(job: Job, number: string | undefined): Promise<void> {
    await writeJson(noteOf(job), { number })
  }

  #unsure(said: Said): ReversalError {
    return new ReversalError(`Slurm ${this.#login.place} does not answer: ${lastWords(said)}`, {
      code: 'SLURM_UNREACHABLE',
    })
  }

  async #orInputError<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ReversalError) || error instanceof InputError) throw error
      const { message, code, suggestions } = error
      throw new InputError(message, { code, suggestions, cause: error })
    }
  }
}

function namesOf({ id, array }: Job): SlurmNames {
  return {
    name: slurmName(id),
    ...(array !== undefined && { array: { name: slurmName(array.id), task: array.task } }),
  }
}

function bothOf({ name, array }: SlurmNames): string {
  return array === undefined ? name : `${name},${array.name}`
}

/** Says on this machine that Slurm took the job. */
function noteOf({ id, folder, files }: Job): string {
  return join(files ?? folder, 'jobs', `${id}.slurm.json`)
}

function lastWords({ stderr, code }: Said): string {
  const line = stderr
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^s\w+: (error: )?/, '')
    .trim()
  return line || `exit code ${code}`
}
