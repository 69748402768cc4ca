import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { graphql } from 'graphql'
import type { FakeRun } from './database.ts'
import { Database } from './database.ts'
import type { Fault } from './faults.ts'
import { Faults } from './faults.ts'
import { passes } from './filters.ts'
import { schema } from './schema.ts'

/** The key that the fake knows; it belongs to the user `ada`, who is in the team `lab`. */
export const FAKE_KEY = '0123456789abcdef0123456789abcdef01234567'

const AUTHORIZATION = `Basic ${Buffer.from(`api:${FAKE_KEY}`).toString('base64')}`
const UPLOAD_HEADER = ['x-fake-acl', 'run-file'] as const
const VIEWER = {
  ...{ id: 'VXNlcjox', name: 'Ada', entity: 'ada', username: 'ada', email: 'ada@example.org', admin: false },
  flags: '{}',
  teams: { edges: [{ node: { id: 'Entity:lab', name: 'lab' } }] },
  apiKeys: { edges: [] },
}
const LONGEST_REQUEST = 10 * 1024 * 1024

/** A request that the fake received. */
export interface SeenRequest {
  /** The GraphQL operation, `file_stream` or `upload`. */
  kind: string
  body: unknown
}

/** An answer outside GraphQL. */
class HttpProblem extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Answer = { status: number; body: string; headers?: Record<string, string> }
type Args<T> = { input: T }

/**
 * A W&B server on loopback, as far as fine-tuning runs go: GraphQL, file stream with offsets, signed uploads, and
 * faults on order. What a client must never do (a hole in a history, a key sent to a signed address, a request too
 * large) is kept in `violations`.
 */
export class FakeWandb {
  readonly database = new Database()
  readonly faults = new Faults()
  readonly requests: SeenRequest[] = []
  readonly violations: string[] = []
  /** Called for each request before it is done. */
  onRequest: ((kind: string) => unknown) | undefined
  /** Reads of a run for which its count of lines is still that of before its last change. */
  lag = 0
  readonly #counts = new Map<FakeRun, { shown: number; reads: number }>()
  readonly #uploads = new Map<string, { run: FakeRun; name: string }>()
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error) => {
      this.violations.push(`the fake broke: ${error.stack}`)
      response.destroy()
    })
  })
  url = ''

  /** Listen on a free port, or on one that was used before. */
  async start(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${this.port}`
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** The run that a test refers to. */
  run(name: string, project = 'reversal', entity = 'ada'): FakeRun {
    const run = this.database.find(entity, project, name)
    if (run === undefined) throw new Error(`the fake has no run ${entity}/${project}/${name}`)
    return run
  }

  /** The kinds of the requests since the last call. */
  takeRequests(): string[] {
    return this.requests.splice(0).map(({ kind }) => kind)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const path = request.url ?? '/'
    const kind = kindOf(path, body)
    this.requests.push({
      kind,
      body: kind === 'upload' || kind === path ? body.length : JSON.parse(body.toString() || '{}'),
    })
    this.onRequest?.(kind)
    const fault = this.faults.next(kind)
    if (fault !== undefined && 'status' in fault) return send(response, faultAnswer(fault))
    if (fault?.cut === 'before') return void response.destroy()
    const answer = await this.#answer(request, path, kind, body)
    if (fault?.cut === 'never') return
    if (fault?.cut === 'after') return void response.destroy()
    if (fault?.cut === 'within') {
      response.writeHead(answer.status, { 'content-length': answer.body.length + 10 })
      response.write(answer.body.slice(0, answer.body.length / 2), () => response.destroy())
      return
    }
    send(response, answer)
  }

  async #answer(request: IncomingMessage, path: string, kind: string, body: Buffer): Promise<Answer> {
    if (kind === 'upload') return this.#upload(request, path, body)
    if (kind === path) return { status: 404, body: JSON.stringify({ error: 'not found' }) }
    if (request.headers.authorization !== AUTHORIZATION) {
      return { status: 401, body: JSON.stringify({ error: 'invalid API key' }) }
    }
    if (kind === 'file_stream') return this.#fileStream(path, body)
    const { query, variables, operationName } = JSON.parse(body.toString())
    const result = await graphql({
      schema,
      source: query,
      variableValues: variables,
      operationName: operationName || undefined,
      rootValue: this.#root,
    })
    const problem = result.errors?.map(({ originalError }) => originalError).find(isHttpProblem)
    return { status: problem?.status ?? 200, body: JSON.stringify(result) }
  }

  readonly #root = {
    viewer: () => VIEWER,
    project: (place: Place) => this.#project(place.entityName ?? VIEWER.entity, place.name),
    model: (place: Place) => this.#project(place.entityName ?? VIEWER.entity, place.name),
    serverInfo: () => ({ features: [] }),
    upsertBucket: ({ input }: Args<UpsertInput>) => this.#upsert(input),
    createRunFiles: ({ input }: Args<RunFilesInput>) => this.#createFiles(input),
    markRunFilesUploaded: ({ input }: Args<RunFilesInput>) => {
      const run = this.run(input.runName, input.projectName, input.entityName)
      for (const name of input.files) run.uploaded.add(name)
      return { success: true }
    },
    deleteRun: ({ input }: Args<{ id: string }>) => {
      const run = this.database.runs.find(({ id }) => id === input.id)
      if (run !== undefined) this.database.delete(run)
      return { clientMutationId: null }
    },
  }

  /** Projects count from 1. */
  #projectNumber(entity: string, project: string): string {
    return String([...this.database.projects].indexOf(`${entity}/${project}`) + 1)
  }

  #project(entity: string, project: string) {
    if (!this.database.projects.has(`${entity}/${project}`)) return null
    const fitting = (filters?: string) =>
      this.database.runs.filter(
        (run) => run.entity === entity && run.project === project && passes(run, JSON.parse(filters ?? '{}')),
      )
    return {
      id: `Project:${entity}:${project}`,
      internalId: this.#projectNumber(entity, project),
      readOnly: false,
      name: project,
      entity: { id: `Entity:${entity}`, name: entity },
      runCount: ({ filters }: { filters?: string }) => fitting(filters).length,
      run: ({ name }: { name: string }) => this.#show(this.database.find(entity, project, name)),
      bucket: ({ name }: { name: string }) => this.#show(this.database.find(entity, project, name)),
      runs: ({ after, first = 50, filters, order = '+created_at' }: RunsArguments) => {
        const runs = fitting(filters)
        if (order.startsWith('-')) runs.reverse()
        const start = after === undefined || after === null ? 0 : Number(after) + 1
        const page = runs.slice(start, start + first)
        const edges = page.map((run, index) => ({ cursor: String(start + index), node: this.#show(run) }))
        return {
          edges,
          totalCount: runs.length,
          pageInfo: {
            startCursor: edges[0]?.cursor ?? null,
            endCursor: edges.at(-1)?.cursor ?? null,
            hasNextPage: start + first < runs.length,
            hasPreviousPage: start > 0,
          },
        }
      },
    }
  }

  #show(run: FakeRun | undefined) {
    if (run === undefined) return null
    return {
      ...run,
      project: () => this.#project(run.entity, run.project),
      projectId: this.#projectNumber(run.entity, run.project),
      readOnly: false,
      user: VIEWER,
      summaryMetrics: run.summary,
      wandbConfig: ({ keys }: { keys: string[] }) => internalConfig(run, keys),
      parquetHistory: { parquetUrls: [], liveData: historyRows(run) },
      historyLineCount: this.#count(run),
      historyTail: JSON.stringify(run.history.slice(-1)),
      eventsLineCount: run.streams.get('wandb-events.jsonl')?.length ?? 0,
      eventsTail: JSON.stringify(run.streams.get('wandb-events.jsonl')?.slice(-1) ?? []),
      logLineCount: run.streams.get('output.log')?.length ?? 0,
      historyKeys: historyKeys(run),
      history: ({ minStep = 0, maxStep = Infinity, samples }: HistoryArguments) =>
        historyRows(run)
          .filter(({ _step: step }) => step >= minStep && step < maxStep)
          .slice(0, samples)
          .map((row) => JSON.stringify(row)),
    }
  }

  /** Lines of a run's history as W&B counts them: late. */
  #count(run: FakeRun): number {
    const count = this.#counts.get(run)
    if (count === undefined) return run.history.length
    count.reads--
    if (count.reads < 0) this.#counts.delete(run)
    return count.reads < 0 ? run.history.length : count.shown
  }

  #upsert(input: UpsertInput) {
    const changed = this.database.runs.find(({ id }) => id === input.id)
    const entityName = changed?.entity ?? input.entityName ?? VIEWER.entity
    const modelName = changed?.project ?? input.modelName ?? 'uncategorized'
    const name = changed?.name ?? input.name ?? ''
    if (!['ada', 'lab'].includes(entityName)) {
      throw new HttpProblem(404, `entity ${entityName} not found during upsertBucket`)
    }
    if (this.database.deleted.has(`${entityName}/${modelName}/${name}`)) {
      throw new HttpProblem(409, `run ${name} was previously created and deleted; try a new run name`)
    }
    const known = this.database.find(entityName, modelName, name)
    const run = known ?? this.database.add(entityName, modelName, name)
    if (input.description) run.description = input.description
    if (input.groupName) run.group = input.groupName
    if (input.commit) run.commit = input.commit
    if (input.host) run.host = input.host
    if (input.displayName) run.displayName = input.displayName
    if (input.jobType) run.jobType = input.jobType
    if (input.notes) run.notes = input.notes
    if (input.config) run.config = input.config
    if (input.summaryMetrics) run.summary = input.summaryMetrics
    if (input.tags) run.tags = [...input.tags]
    return { bucket: this.#show(run), inserted: known === undefined, updateAvailable: false }
  }

  #createFiles({ entityName, projectName, runName, files }: RunFilesInput) {
    const run = this.run(runName, projectName, entityName)
    return {
      runID: run.id,
      uploadHeaders: [UPLOAD_HEADER.join(':')],
      files: files.map((name) => {
        const token = String(this.#uploads.size)
        this.#uploads.set(token, { run, name })
        if (!run.files.has(name)) run.files.set(name, undefined)
        return { name, uploadUrl: `${this.url}/storage/${token}?signature=fake` }
      }),
    }
  }

  #upload({ headers }: IncomingMessage, path: string, body: Buffer): Answer {
    const [, token = ''] = /^\/storage\/(\d+)\?signature=fake$/.exec(path) ?? []
    const target = this.#uploads.get(token)
    if (target === undefined) return { status: 403, body: 'SignatureDoesNotMatch' }
    if (headers.authorization !== undefined) this.violations.push('a signed address was sent the key')
    if (headers[UPLOAD_HEADER[0]] !== UPLOAD_HEADER[1]) return { status: 403, body: 'AccessDenied' }
    if (Number(headers['content-length']) !== body.length)
      return { status: 411, body: 'MissingContentLength' }
    target.run.files.set(target.name, body)
    return { status: 200, body: '' }
  }

  #fileStream(path: string, body: Buffer): Answer {
    const [, entity = '', project = '', name = ''] = path.split('/').slice(1).map(decodeURIComponent)
    const run = this.database.find(entity, project, name)
    if (run === undefined) return { status: 404, body: JSON.stringify({ error: 'run not found' }) }
    if (body.length > LONGEST_REQUEST) this.violations.push(`a request of ${body.length} bytes`)
    const { files = {}, uploaded = [], complete, exitcode } = JSON.parse(body.toString()) as StreamBody
    const history = files['wandb-history.jsonl']
    if (history !== undefined) this.#storeHistory(run, history)
    for (const [file, lines] of Object.entries(files)) if (STREAMS.has(file)) storeLines(run, file, lines)
    const summary = files['wandb-summary.json']?.content.at(-1)
    if (summary !== undefined) run.summary = summary
    for (const file of uploaded) {
      if (run.files.get(file) === undefined) this.violations.push(`${file} is said to be uploaded`)
      run.uploaded.add(file)
    }
    run.state = complete ? (exitcode === 0 ? 'finished' : 'failed') : 'running'
    return { status: 200, body: JSON.stringify({ exitcode: null, limits: {} }) }
  }

  #storeHistory(run: FakeRun, { offset, content }: { offset: number; content: string[] }): void {
    if (offset > run.history.length) this.violations.push(`a hole in the history before line ${offset}`)
    if (this.lag > 0) this.#counts.set(run, { shown: run.history.length, reads: this.lag })
    for (const [index, line] of content.entries()) run.history[offset + index] = line
  }
}

/** A run is named by its ID, or by entity, project and name. What is absent or null stays as it is. */
type UpsertInput = Partial<Record<string, string | null>> & { tags?: string[] | null }

/** Other files in the file stream, besides history and summary. */
const STREAMS = new Set(['wandb-events.jsonl', 'output.log'])

function storeLines(run: FakeRun, file: string, { offset, content }: FileLines): void {
  const lines = run.streams.get(file) ?? []
  for (const [index, line] of content.entries()) lines[offset + index] = line
  run.streams.set(file, lines)
}

function historyRows(run: FakeRun): (Record<string, unknown> & { _step: number })[] {
  return run.history.filter((line) => line !== undefined).map((line) => JSON.parse(line))
}

/** The entries that W&B's clients themselves add to a config. */
function internalConfig(run: FakeRun, keys: readonly string[]): string {
  const { _wandb } = JSON.parse(run.config ?? '{}')
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, _wandb?.value[key]])))
}

/** W&B's description of a history: its last step, and how many values each metric has. */
function historyKeys(run: FakeRun) {
  const rows = historyRows(run)
  const keys: Record<string, { typeCounts: { type: string; count: number }[] }> = {}
  for (const [key, value] of rows.flatMap((row) => Object.entries(row))) {
    keys[key] ??= { typeCounts: [{ type: typeof value, count: 0 }] }
    keys[key].typeCounts[0]!.count++
  }
  return { lastStep: rows.at(-1)?._step ?? -1, sets: [], keys }
}

interface Place {
  name: string
  entityName?: string | null
}

interface HistoryArguments {
  minStep?: number
  maxStep?: number
  samples?: number
}

interface FileLines {
  offset: number
  content: string[]
}

interface RunsArguments {
  after?: string | null
  first?: number
  filters?: string
  order?: string
}

interface RunFilesInput {
  entityName: string
  projectName: string
  runName: string
  files: string[]
}

/** What a client posts to a run's file stream. */
export interface StreamBody {
  files?: Record<string, FileLines>
  uploaded?: string[]
  complete?: boolean
  exitcode?: number
}

function isHttpProblem(error: unknown): error is HttpProblem {
  return error instanceof HttpProblem
}

function kindOf(path: string, body: Buffer): string {
  if (path.startsWith('/storage/')) return 'upload'
  if (path.endsWith('/file_stream')) return 'file_stream'
  if (path === '/graphql') return JSON.parse(body.toString()).operationName || 'graphql'
  return path
}

function faultAnswer({ status, headers = {}, body }: Exclude<Fault, { cut: string }>): Answer {
  return { status, headers, body: body ?? JSON.stringify({ error: `fault ${status}` }) }
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}
