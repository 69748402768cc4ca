/**
 * Stands in for the commands of Slurm 22.05 without accounting, or of 24.05 with it, in the words that were recorded of the
 * first and that the documentation of the second gives. A job is the script that sbatch was given, run by bash; its state is
 * a file. `behaviour.json` beside them says what else happens.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { SlurmBehaviour } from './fake-slurm.ts'

/** One job, or a task of an array. */
interface Entry {
  /** Its own number, and for a task the number of its array. */
  number: string
  task: number | undefined
  place: string
  name: string
  state: 'PENDING' | 'RUNNING' | 'CANCELLED' | 'COMPLETED' | 'FAILED'
}

const [, , folder = '', program = '', ...argv] = process.argv
const jobs = join(folder, 'jobs')
const behaviour: SlurmBehaviour = JSON.parse(readFileSync(join(folder, 'behaviour.json'), 'utf8'))
const { version = '22.05.8' } = behaviour
const isNew = Number.parseInt(version, 10) >= 23

const programs: Record<string, () => void | Promise<void>> = {
  sbatch,
  squeue,
  sacct,
  scancel,
  sinfo,
  scontrol,
  srun,
}
await programs[basename(program)]!()

function option(name: string): string | undefined {
  const place = argv.indexOf(name)
  if (place !== -1) return argv[place + 1]
  return argv.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

function sinfo(): void {
  const partition = option('-p')
  if (partition === undefined || partition === 'main') console.log(behaviour.machines ?? '1|(null)')
}

async function sbatch(): Promise<void> {
  const { refuses, unanswered, killsCaller, waits } = behaviour
  if (refuses !== undefined) return fail(`sbatch: error: Batch job submission failed: ${refuses}`)
  const script = (await text(process.stdin)).replaceAll('/disk-of-the-cluster', process.env.FAKE_DISK ?? '')
  const number = String(readdirSync(jobs).length + 1)
  const place = join(jobs, number)
  mkdirSync(place)
  writeFileSync(join(place, 'script'), script)
  writeFileSync(join(place, 'environment'), JSON.stringify(process.env))
  const output = option('--output')!.replaceAll('/disk-of-the-cluster', process.env.FAKE_DISK ?? '')
  const last = /^#SBATCH --array=0-(\d+)/m.exec(script)?.[1]
  if (last === undefined) begin(place, output, { SLURM_JOB_ID: number })
  for (let task = 0; task <= Number(last ?? -1); task++) {
    const own = join(place, 'tasks', String(task))
    mkdirSync(own, { recursive: true })
    begin(own, output.replaceAll('%a', String(task)), {
      SLURM_JOB_ID: `${number}0${task}`,
      SLURM_ARRAY_JOB_ID: number,
      SLURM_ARRAY_TASK_ID: String(task),
    })
  }
  if (killsCaller) process.kill(process.ppid, 'SIGKILL')
  if (unanswered)
    return fail('sbatch: error: Batch job submission failed: Socket timed out on send/recv operation')
  console.log(number)

  function begin(own: string, output: string, variables: NodeJS.Dict<string>): void {
    if (waits === true) return
    const log = openSync(output, 'a')
    const job = spawn('sh', ['-c', 'bash "$0"; echo $? > "$1/code"', join(place, 'script'), own], {
      ...{ cwd: folder, detached: true, stdio: ['ignore', log, log] },
      env: { ...process.env, ...variables, SLURM_JOB_NODELIST: 'node1' },
    })
    writeFileSync(join(own, 'pid'), String(job.pid))
    job.unref()
  }
}

/** All that was ever taken, of those that are asked for. */
function entries(names: readonly string[] | undefined): Entry[] {
  return readdirSync(jobs).flatMap((number): Entry[] => {
    const place = join(jobs, number)
    const [, name = ''] = /--job-name=(.*)/.exec(readFileSync(join(place, 'script'), 'utf8')) ?? []
    if (names !== undefined && !names.includes(name)) return []
    const tasks = join(place, 'tasks')
    if (!existsSync(tasks)) return [{ number, task: undefined, place, name, state: stateOf(place) }]
    return readdirSync(tasks).map((task) => {
      const own = join(tasks, task)
      return { number, task: Number(task), place: own, name, state: stateOf(own) }
    })
  })
}

function stateOf(place: string): Entry['state'] {
  if (existsSync(join(place, 'cancelled'))) return 'CANCELLED'
  if (!existsSync(join(place, 'pid'))) return 'PENDING'
  const code = join(place, 'code')
  if (existsSync(code)) return readFileSync(code, 'utf8').trim() === '0' ? 'COMPLETED' : 'FAILED'
  return isAlive(place) ? 'RUNNING' : 'FAILED'
}

/** As of a job that ended a while ago, nothing is said; and nothing of a task that was cancelled before it began. */
function squeue(): void {
  if (argv.includes('--version')) {
    console.log(`slurm ${version}`)
    return
  }
  const isJson = argv.includes('--json')
  // 22.05 prints the whole queue as JSON.
  const asked = isJson && !isNew ? undefined : option('-n')?.split(',')
  const known = entries(asked).filter(({ state, task }) => {
    if (state === 'PENDING' || state === 'RUNNING' || behaviour.remembers) return true
    return state === 'CANCELLED' && task === undefined
  })
  if (isJson) console.log(JSON.stringify({ errors: [], jobs: queued(known) }))
  else
    for (const entry of known) console.log([idOf(entry), entry.state, reasonOf(entry), entry.name].join('|'))
}

function idOf({ number, task }: Entry): string {
  return task === undefined ? number : `${number}_${task}`
}

function reasonOf({ state }: Entry): string {
  return { PENDING: 'Resources', FAILED: 'NonZeroExitCode' }[state as string] ?? 'None'
}

/** Tasks of an array that wait are one row. */
function queued(known: readonly Entry[]): object[] {
  const [waiting, others] = [
    known.filter(({ task, state }) => task !== undefined && state === 'PENDING'),
    known.filter(({ task, state }) => task === undefined || state !== 'PENDING'),
  ]
  const together = Map.groupBy(waiting, ({ number }) => number)
  return [
    ...others.map((entry) => queuedJob(entry)),
    ...Array.from(together.values(), (own) =>
      queuedJob({ ...own[0]!, task: undefined }, own.map(({ task }) => task).join(',')),
    ),
  ]
}

function queuedJob(entry: Entry, tasks?: string): object {
  const { number, task, name, state } = entry
  const isInArray = task !== undefined || tasks !== undefined
  const common = { name, state_reason: reasonOf(entry), array_task_string: tasks ?? '' }
  if (!isNew) {
    const array = { array_job_id: isInArray ? Number(number) : 0, array_task_id: task ?? null }
    return { ...common, ...array, job_id: Number(number), job_state: state }
  }
  return {
    ...common,
    job_id: Number(number),
    array_job_id: setNumber(isInArray ? Number(number) : 0),
    array_task_id: setNumber(task),
    job_state: [state],
  }
}

function setNumber(number: number | undefined): object {
  return { set: number !== undefined, infinite: false, number: number ?? 0 }
}

function isAlive(place: string): boolean {
  try {
    return process.kill(Number(readFileSync(join(place, 'pid'), 'utf8')), 0)
  } catch {
    return false
  }
}

function sacct(): void {
  if (!behaviour.accounts) {
    fail('Slurm accounting storage is disabled')
    return
  }
  const known = entries(option('--name')?.split(','))
  if (!argv.includes('--json')) {
    for (const entry of known) console.log([idOf(entry), entry.state, entry.name].join('|'))
    return
  }
  const told = known.map(({ number, task, name, state }) => ({
    job_id: Number(number),
    array: {
      job_id: task === undefined ? 0 : Number(number),
      task_id: isNew ? setNumber(task) : (task ?? null),
      task: '',
    },
    state: { current: isNew ? [state] : state, reason: 'None' },
    name,
  }))
  console.log(JSON.stringify({ jobs: told, errors: [] }))
}

/** With a state, 22.05 cancels all tasks of an array that wait, whichever is named. */
function scancel(): void {
  const [number, task] = argv.at(-1)!.split('_')
  for (const entry of entries(undefined)) {
    if (entry.number !== number || entry.state !== 'PENDING') continue
    if (task !== undefined && option('--state') === undefined && entry.task !== Number(task)) continue
    writeFileSync(join(entry.place, 'cancelled'), '')
  }
}

function scontrol(): void {
  console.log('node1')
}

function srun(): void {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: 'inherit' })
  child.on('close', (code, signal) => process.exit(signal === null ? (code ?? 1) : 137))
}
