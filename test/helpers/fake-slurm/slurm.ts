/**
 * Stands in for the commands of Slurm 22.05 without accounting, in the words that were recorded of it. A job is the script
 * that sbatch was given, run by bash; its state is a file. `behaviour.json` beside them says what else happens.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { SlurmBehaviour } from './fake-slurm.ts'

const [, , folder = '', program = '', ...argv] = process.argv
const jobs = join(folder, 'jobs')
const behaviour: SlurmBehaviour = JSON.parse(readFileSync(join(folder, 'behaviour.json'), 'utf8'))

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
  if (waits !== true) {
    const log = openSync(output, 'a')
    const job = spawn('sh', ['-c', 'bash "$0/script"; echo $? > "$0/code"', place], {
      ...{ cwd: folder, detached: true, stdio: ['ignore', log, log] },
      env: { ...process.env, SLURM_JOB_ID: number, SLURM_JOB_NODELIST: 'node1' },
    })
    writeFileSync(join(place, 'pid'), String(job.pid))
    job.unref()
  }
  if (killsCaller) process.kill(process.ppid, 'SIGKILL')
  if (unanswered)
    return fail('sbatch: error: Batch job submission failed: Socket timed out on send/recv operation')
  console.log(number)
}

/** As of a job that ended a while ago, nothing is said. */
function squeue(): void {
  for (const number of readdirSync(jobs)) {
    const place = join(jobs, number)
    const script = readFileSync(join(place, 'script'), 'utf8')
    const [, name] = /--job-name=(.*)/.exec(script) ?? []
    const [, comment] = /--comment=(.*)/.exec(script) ?? []
    if (name !== option('-n')) continue
    if (existsSync(join(place, 'cancelled'))) console.log(`${number}|CANCELLED|None|${comment}`)
    else if (!existsSync(join(place, 'pid'))) console.log(`${number}|PENDING|Resources|${comment}`)
    else if (!existsSync(join(place, 'code')) && isAlive(place))
      console.log(`${number}|RUNNING|None|${comment}`)
    else if (behaviour.remembers) console.log(`${number}|FAILED|NonZeroExitCode|${comment}`)
  }
}

function isAlive(place: string): boolean {
  try {
    return process.kill(Number(readFileSync(join(place, 'pid'), 'utf8')), 0)
  } catch {
    return false
  }
}

function sacct(): void {
  fail('Slurm accounting storage is disabled')
}

function scancel(): void {
  for (const number of readdirSync(jobs)) {
    const place = join(jobs, number)
    const isNamed = readFileSync(join(place, 'script'), 'utf8').includes(`--job-name=${option('--name')}\n`)
    if (isNamed && !existsSync(join(place, 'pid'))) writeFileSync(join(place, 'cancelled'), '')
  }
}

function scontrol(): void {
  console.log('node1')
}

function srun(): void {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: 'inherit' })
  child.on('close', (code, signal) => process.exit(signal === null ? (code ?? 1) : 137))
}
