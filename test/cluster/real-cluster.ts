import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LonelyNetwork } from './lonely-network.ts'

const CLI = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The built CLI, as its user would start it in the network of a cluster. */
export class ClusterCli {
  readonly #network: LonelyNetwork
  readonly environment: NodeJS.Dict<string>

  constructor(network: LonelyNetwork, environment: NodeJS.Dict<string>) {
    this.#network = network
    this.environment = environment
  }

  start(...argv: string[]): ChildProcess {
    const [program, args] = this.#network.inside([process.execPath, CLI, ...argv])
    return spawn(program, args, { env: this.environment, stdio: 'ignore' })
  }

  async run(...argv: string[]): Promise<Ended> {
    const [program, args] = this.#network.inside([process.execPath, CLI, ...argv])
    const child = spawn(program, args, { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] })
    const told = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => (told.stdout += chunk))
    child.stderr.on('data', (chunk) => (told.stderr += chunk))
    await once(child, 'close')
    return { code: child.exitCode, ...told }
  }

  async json<T>(...argv: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...argv, '--json')
    if (stdout === '') throw new Error(`reversal ${argv.join(' ')} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as T
  }
}

export async function isInstalled(program: string, ...argv: string[]): Promise<boolean> {
  return promisify(execFile)(program, argv).then(
    () => true,
    () => false,
  )
}

/** Processes that train in a folder. */
export async function trainersIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
      return words[1] === `${folder}/train.py` ? Number(pid) : undefined
    }),
  )
  return found.filter((pid) => pid !== undefined)
}

/** End a process that this test started, and wait for it. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
