import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { hasErrorCode } from './errors.ts'

/**
 * Distinguishes a process from every other that had or will have its pid. Without `boot` and `started`, which earlier
 * versions did not write and some systems do not report, it names a process to a reader but does not identify it.
 */
export interface ProcessIdentity {
  pid: number
  host: string
  /** Identifies this start of the machine. */
  boot?: string
  /**
   * The namespace in which the pid is unique: containers on one machine share its boot, and each may have a process 1.
   */
  namespace?: string
  /** When the process began, in the system's own words. */
  started?: string
}

/** Whether a process is alive; unknown if it is on another machine, in another container, or not identified. */
export type Fate = 'alive' | 'gone' | 'unknown'

let own: ProcessIdentity | undefined

/** The identity by which `fateOf` recognizes this process. */
export function thisProcess(): ProcessIdentity {
  own ??= { pid: process.pid, host: hostname(), ...readMark() }
  return { ...own }
}

/** Whether a process still lives. A pid alone never identifies a process, and no signal is sent. */
export function fateOf({ pid, host, boot, namespace, started }: ProcessIdentity): Fate {
  const here = thisProcess()
  const comparable = boot !== undefined && boot === here.boot && namespace === here.namespace
  if (!comparable) {
    // Windows reports neither, but it has no second pid namespace under one host name.
    const sameWindows = process.platform === 'win32' && host === here.host
    return sameWindows && !hasProcess(pid) ? 'gone' : 'unknown'
  }
  if (!hasProcess(pid)) return 'gone'
  const found = readStart(pid)
  if (found === undefined) return hasProcess(pid) ? 'unknown' : 'gone'
  return found === started ? 'alive' : 'gone'
}

/** Signal 0 only tests whether the process exists. */
function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !hasErrorCode(error, 'ESRCH')
  }
}

type Mark = Pick<ProcessIdentity, 'boot' | 'namespace' | 'started'>

/** Empty unless the system reports all of it: a partial mark would match other processes. */
function readMark(): Mark {
  try {
    if (process.platform === 'darwin') {
      const boot = tell('sysctl', ['-n', 'kern.bootsessionuuid'])
      const started = readStart(process.pid)
      return boot === '' || started === undefined ? {} : { boot, started }
    }
    if (process.platform !== 'linux') return {}
    // A /proc of another namespace lists other processes under these pids.
    if (readlinkSync('/proc/self') !== String(process.pid)) return {}
    const started = readStart(process.pid)
    if (started === undefined) return {}
    return {
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      namespace: [readlinkSync('/proc/self/ns/pid'), timeNamespace()].join(' ').trim(),
      started,
    }
  } catch {
    return {}
  }
}

/** The kernel reports other start times in another time namespace; old kernels have none. */
function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time')
  } catch {
    return ''
  }
}

const ZOMBIES = ['Z', 'X']

/** When the process with this pid started; undefined if the system does not report it, `gone` if it has ended. */
function readStart(pid: number): string | undefined {
  try {
    if (process.platform === 'darwin') {
      return tell('ps', ['-o', 'lstart=', '-p', String(pid)]) || undefined
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The program's name, in parentheses, may contain spaces and parentheses; field 3 follows it (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ZOMBIES.includes(fields[0]!) ? 'gone' : fields[22 - 3]
  } catch {
    return undefined
  }
}

function tell(command: string, argv: string[]): string {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  return execFileSync(command, argv, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}
