import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { inflateRawSync } from 'node:zlib'

interface FakeJob {
  body: Record<string, unknown> & { submission_id: string; metadata: Record<string, string> }
  status: 'PENDING' | 'RUNNING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED'
  logs: string
  code: number | null
  child?: ChildProcess
}

/** Keys that Ray 2.60 takes; it refuses all others. */
const KEYS = [
  ...['entrypoint', 'submission_id', 'runtime_env', 'metadata', 'entrypoint_num_cpus', 'entrypoint_num_gpus'],
  ...['entrypoint_memory', 'entrypoint_resources'],
]
const BROWSER = ['sec-fetch-mode', 'sec-fetch-site', 'origin', 'referer']

/** A server that answers as a real Ray head was recorded to, and runs the jobs that it receives. */
export class FakeRay {
  readonly #server: Server
  readonly #folder: string
  readonly #packages = new Map<string, Buffer>()
  readonly jobs = new Map<string, FakeJob>()
  readonly #forgotten: (ChildProcess | undefined)[] = []
  /** Requests to write, as they came in. */
  readonly written: string[] = []
  session = `session_${randomUUID()}`
  token: string | undefined
  gpus = 0
  /** Where this machine has the disk of the cluster. */
  disk = ''
  /** Called when a job was taken and not answered yet; true cuts the connection. */
  onTaken: ((id: string) => boolean) | undefined
  /** Jobs wait for ever. */
  waits = false

  private constructor(server: Server, folder: string) {
    this.#server = server
    this.#folder = folder
  }

  static async start(folder: string): Promise<FakeRay> {
    const server = createServer()
    const ray = new FakeRay(server, folder)
    server.on('request', (request, response) => void ray.#answer(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return ray
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The jobs that train. */
  get trainings(): FakeJob[] {
    return [...this.jobs.values()].filter(({ body }) => !body.submission_id.startsWith('reversal-probe-'))
  }

  /** The head starts again and knows no job. */
  restart(): void {
    this.session = `session_${randomUUID()}`
    for (const { child } of this.jobs.values()) killGroup(child, 'SIGKILL')
    this.jobs.clear()
    this.#packages.clear()
  }

  /** The head forgets its jobs; running ones continue. */
  forget(): void {
    for (const { child } of this.jobs.values()) this.#forgotten.push(child)
    this.jobs.clear()
  }

  async close(): Promise<void> {
    this.restart()
    for (const child of this.#forgotten) killGroup(child, 'SIGKILL')
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const content = await buffer(request)
    const say = (status: number, value: unknown) => {
      response.statusCode = status
      response.end(typeof value === 'string' ? value : JSON.stringify(value))
    }
    if (this.token !== undefined && headers.authorization === undefined)
      return say(401, 'Unauthorized: Missing authentication token')
    if (this.token !== undefined && headers.authorization !== `Bearer ${this.token}`)
      return say(403, 'Forbidden: Invalid authentication token')
    if (method !== 'GET') {
      this.written.push(`${method} ${url}`)
      if (BROWSER.some((name) => name in headers))
        return say(405, `'${method}' method not allowed for browser traffic.`)
    }
    if (url === '/api/version')
      return say(200, { version: '4', ray_version: '2.60.0', session_name: this.session })
    if (url === '/api/v0/nodes') return say(200, this.#nodes())
    const [, packaged] = /^\/api\/packages\/gcs\/(.*)$/.exec(url) ?? []
    if (packaged !== undefined) return this.#keep(method, packaged, content, say)
    if (method === 'POST' && url === '/api/jobs/')
      return this.#submit(JSON.parse(content.toString()), response, say)
    const [, id = '', rest = ''] = /^\/api\/jobs\/([^/]+)(\/.*)?$/.exec(url) ?? []
    const job = this.jobs.get(id)
    if (job === undefined) return say(404, id === '' ? '404: Not Found' : `Job ${id} does not exist`)
    if (rest === '/logs') return say(200, { logs: job.logs })
    if (rest === '/stop') {
      const isFirst = job.status === 'RUNNING'
      if (isFirst) killGroup(job.child, 'SIGTERM')
      return say(200, { stopped: isFirst })
    }
    say(200, describe(job))
  }

  #nodes(): unknown {
    const resources = {
      CPU: 4,
      memory: 1e10,
      ...(this.gpus > 0 && { GPU: this.gpus, 'accelerator_type:A100': 1 }),
    }
    return {
      result: true,
      data: { result: { total: 1, result: [{ state: 'ALIVE', resources_total: resources }] } },
    }
  }

  #keep(method: string, name: string, content: Buffer, say: (status: number, value: unknown) => void): void {
    if (method === 'PUT') this.#packages.set(name, content)
    say(this.#packages.has(name) ? 200 : 404, '')
  }

  async #submit(
    body: FakeJob['body'],
    response: ServerResponse,
    say: (status: number, value: unknown) => void,
  ): Promise<void> {
    const foreign = Object.keys(body).find((key) => !KEYS.includes(key))
    if (foreign !== undefined) return say(400, `TypeError: unexpected keyword argument '${foreign}'`)
    const { submission_id: id } = body
    if (this.jobs.has(id))
      return say(
        500,
        `Traceback (most recent call last):\nValueError: Job with submission_id ${id} already exists.`,
      )
    const job: FakeJob = { body, status: 'PENDING', logs: '', code: null }
    this.jobs.set(id, job)
    if (!this.waits) await this.#run(job)
    if (this.onTaken?.(id)) return void response.destroy()
    say(200, { job_id: id, submission_id: id })
  }

  async #run(job: FakeJob): Promise<void> {
    const { runtime_env: environment, entrypoint, submission_id: id } = job.body
    const { working_dir: uri, env_vars: variables } = environment as {
      working_dir: string
      env_vars: Record<string, string>
    }
    const cwd = join(this.#folder, id)
    await mkdir(cwd, { recursive: true })
    for (const [name, content] of unzip(this.#packages.get(uri.replace('gcs://', ''))!))
      await writeFile(join(cwd, name), content)
    const child = spawn('sh', ['-c', String(entrypoint)], {
      ...{ cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { PATH: process.env.PATH, FAKE_DISK: this.disk, ...variables },
    })
    Object.assign(job, { child, status: 'RUNNING', logs: 'Runtime env is setting up.\n' })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        job.logs += String(chunk)
      })
    child.on('close', (code, signal) => {
      job.code = signal === null ? code : -1
      job.status = code === 0 ? 'SUCCEEDED' : code === 143 ? 'STOPPED' : 'FAILED'
    })
  }
}

function describe({ body, status, code }: FakeJob): unknown {
  const failed = status === 'FAILED'
  return {
    ...{ type: 'SUBMISSION', job_id: null, submission_id: body.submission_id, driver_info: null, status },
    ...{ entrypoint: body.entrypoint, metadata: body.metadata, runtime_env: body.runtime_env },
    message: failed
      ? `Job entrypoint command failed with exit code ${code}, last available logs:\nits last line`
      : null,
    error_type: failed ? 'JOB_ENTRYPOINT_COMMAND_ERROR' : null,
    driver_exit_code: code,
  }
}

function killGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
    process.kill(-child.pid, signal)
}

/** Files of an archive that has no comments, by its local headers. */
function* unzip(archive: Buffer): Generator<[string, Buffer]> {
  for (let place = 0; archive.readUInt32LE(place) === 0x04034b50; ) {
    const size = archive.readUInt32LE(place + 18)
    const names = archive.readUInt16LE(place + 26)
    const start = place + 30 + names
    yield [archive.toString('utf8', place + 30, start), inflateRawSync(archive.subarray(start, start + size))]
    place = start + size
  }
}
