import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { quoteWord } from '../../support/command-line.ts'
import { hasErrorCode, ReversalError } from '../../support/errors.ts'
import { withoutSecrets } from '../job-environment.ts'

export interface Said {
  /** Exit status; 127 if the program does not exist. */
  code: number
  stdout: string
  stderr: string
}

interface RunOptions {
  /** Standard input of the command. */
  input?: string | Readable | undefined
  signal?: AbortSignal | undefined
}

/** The exit status of ssh itself, as opposed to that of the command. */
const SSH_FAILED = 255
const MISSING = 127

/** Where Slurm's commands are given: this machine, or a host behind ssh. */
export class LoginNode {
  readonly host: string | undefined
  readonly #environment: NodeJS.Dict<string>
  /** Variables with settings for sbatch, which ssh does not pass on. */
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

  /** Runs a program to its end. Throws ReversalError SSH_FAILED if the host cannot be reached. */
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
    return new ReversalError(`${this.host} cannot be reached by ssh: ${reason}`, {
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
    // A command that ends early does not read its input to the end; its exit status says why.
    if (!hasErrorCode(error, 'EPIPE') && !hasErrorCode(error, 'ERR_STREAM_PREMATURE_CLOSE')) throw error
  }
}
