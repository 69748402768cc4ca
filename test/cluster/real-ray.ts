import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../helpers/eventually.ts'
import type { LonelyNetwork } from './lonely-network.ts'
import { endProcess } from './real-cluster.ts'

export const RAY_ADDRESS = 'http://127.0.0.1:8265'

/** The `ray` of a Python; undefined where it has none. */
export function rayOf(python: string | undefined): string | undefined {
  const program = python && join(dirname(python), 'ray')
  return program && existsSync(program) ? program : undefined
}

/** A real Ray head with four places for workers, in a network of its own. */
export class RealRay {
  readonly #options: { network: LonelyNetwork; ray: string; folder: string; token: string }
  #head: ChildProcess | undefined

  constructor(options: { network: LonelyNetwork; ray: string; folder: string; token: string }) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { network, ray, folder, token } = this.#options
    const settings = ['--node-ip-address', '127.0.0.1', '--dashboard-host', '127.0.0.1', '--num-cpus', '4']
    const argv = [
      ray,
      'start',
      '--head',
      '--block',
      '--disable-usage-stats',
      '--temp-dir',
      folder,
      ...settings,
    ]
    const [program, args] = network.inside(argv, { disk: true })
    const env = { ...process.env, RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: token }
    this.#head = spawn(program, args, { env, stdio: 'ignore' })
    const ask = network.inside([
      'curl',
      '-sf',
      '-H',
      `Authorization: Bearer ${token}`,
      `${RAY_ADDRESS}/api/jobs/`,
    ])
    await eventually('the head', () =>
      promisify(execFile)(...ask).then(
        () => true,
        () => false,
      ),
    )
  }

  async stop(): Promise<void> {
    if (this.#head !== undefined) await endProcess(this.#head)
  }
}
