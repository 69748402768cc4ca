import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { quoteWord } from '../../support/command-line.ts'
import { hasErrorCode, ReversalError } from '../../support/errors.ts'
import { withoutSecrets } from '../job-environment.ts'

export interface Said {
  /** Exit status; 127 where there is no such program. */
  code: number
  stdout: string
  stderr: string
}

interface RunOptions {
  /** What the command reads. */
  input?: string | Readable | undefined
  signal?: AbortSignal | undefined
}

/** Said by ssh itself, as against the command that it runs. */
const SSH_FAILED = 255
const MISSING = 127

/** Where Slurm's commands are given: this machine, or a host behind ssh. */
export class LoginNode {
  readonly host: string | undefined
  readonly #environment: NodeJS.Dict<string>
  /** What sbatch reads of its settings, which ssh does not bring along. */
  readonly #settings: string[]

  constructor({ host, environment }: { host: string | undefined; environment: NodeJS.Dict<string> }) {
    this.host = host
    // sbatch would hand keys on to the cluster, which records them.
    this.#environment = withoutSecrets(environment)
    this.#settings = Object.entries(this.#environment).flatMap(([name, value]) =>
      name.startsWith('SBATCH_') ? `${name}=${value}` : [],
    )
  }

  /** Such as "on this machine". */
  get place(): string {
    return this.host === undefined ? 'on this machine' : `on ${this.host}`
  }

  /** Run a program to its end. Throws ReversalError SSH_FAILED where the host cannot be reached. */
  async run(argv: readonly [string, ...string[]], { input, signal }: RunOptions = {}): Promise<Said> {
    const [program, ...args] = this.host === undefined ? argv : this.#behindSsh(argv, this.host)
    const child = spawn(program, args, {
      ...{ env: this.#environment, windowsHide: true },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(signal && { signal }),
    })
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? 1))
    })
    const told = Promise.all([ended, text(child.stdout!), text(child.stderr!), feed(child.stdin, input)])
    try {
      const [code, stdout, stderr] = await told
      if (this.host !== undefined && code === SSH_FAILED) throw this.#unreachable(stderr)
      return { code, stdout, stderr }
    } catch (error) {
      signal?.throwIfAborted()
      if (!hasErrorCode(error, 'ENOENT')) throw error
      if (this.host !== undefined) throw this.#unreachable('there is no ssh on this machine')
      return { code: MISSING, stdout: '', stderr: '' }
    }
  }

  #behindSsh(argv: readonly string[], host: string): [string, ...string[]] {
    const settings = argv[0] === 'sbatch' && this.#settings.length > 0 ? ['env', ...this.#settings] : []
    const command = [...settings, ...argv].map(quoteWord).join(' ')
    return ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', host, command]
  }

  #unreachable(said: string): ReversalError {
    const reason = said.trim().split('\n').at(-1)?.trim() || 'the connection was cut'
    return new ReversalError(`${this.host} cannot be asked by ssh: ${reason}`, {
      code: 'SSH_FAILED',
      suggestions: [`see whether this works without a password: ssh -o BatchMode=yes ${this.host} true`],
    })
  }
}

async function feed(stdin: Writable | null, input: string | Readable | undefined): Promise<void> {
  if (stdin === null || input === undefined) return
  try {
    await pipeline(typeof input === 'string' ? Readable.from([input]) : input, stdin)
  } catch (error) {
    // A command that ends early reads no more; how it ended says why.
    if (!hasErrorCode(error, 'EPIPE') && !hasErrorCode(error, 'ERR_STREAM_PREMATURE_CLOSE')) throw error
  }
}
