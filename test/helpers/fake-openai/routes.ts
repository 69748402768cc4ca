import { setTimeout } from 'node:timers/promises'
import { ApiError } from './api-error.ts'
import type { Context } from './completions.ts'
import { chat, complete } from './completions.ts'
import { hashedLanguage } from './language.ts'
import { page } from './pages.ts'
import type { FakeOpenAI, ReceivedRequest } from './server.ts'

interface Call extends Pick<ReceivedRequest, 'path' | 'query' | 'filename'> {
  /** Whatever its handler takes: `Conformity` looks at its shape. */
  body: never
  /** The groups of the route's pattern. */
  id: string
  action: string
}

type Route = [method: string, pattern: RegExp, handle: (fake: FakeOpenAI, call: Call) => unknown]

const ROUTES: readonly Route[] = [
  ['POST', /^\/(?:chat\/)?completions$/, answerLive],
  [
    'GET',
    /^\/models$/,
    ({ models }, { query }) =>
      page(
        [...models.keys()].map((id) => describe(models, id)),
        query,
      ),
  ],
  ['GET', /^\/models\/(.+)$/, ({ models }, { id }) => describe(models, id)],
  ['POST', /^\/files$/, uploadFile],
  ['GET', /^\/files$/, ({ files }, { query }) => page(files.list(), query)],
  ['GET', /^\/files\/([^/]+)$/, ({ files }, { id }) => files.look(id)],
  ['GET', /^\/files\/([^/]+)\/content$/, ({ files }, { id }) => files.download(id)],
  ['DELETE', /^\/files\/([^/]+)$/, ({ files }, { id }) => files.delete(id)],
  ['POST', /^\/batches$/, ({ batches }, { body }) => batches.create(body, Date.now())],
  ['GET', /^\/batches$/, ({ batches }, { query }) => page(batches.list(), query)],
  [
    'GET',
    /^\/batches\/([^/]+)$/,
    (fake, { id }) => fake.batches.look(id, (url, body) => answerBatched(fake, url, body)),
  ],
  ['POST', /^\/batches\/([^/]+)\/cancel$/, ({ batches }, { id }) => batches.cancel(id)],
  ['POST', /^\/fine_tuning\/jobs$/, ({ jobs }, { body }) => jobs.create(body, Date.now())],
  ['GET', /^\/fine_tuning\/jobs$/, ({ jobs }, { query }) => page(jobs.list(query), query)],
  ['GET', /^\/fine_tuning\/jobs\/([^/]+)$/, ({ jobs }, { id }) => jobs.look(id)],
  [
    'GET',
    /^\/fine_tuning\/jobs\/([^/]+)\/events$/,
    ({ jobs }, { id, query }) => page(jobs.events(id), query),
  ],
  [
    'GET',
    /^\/fine_tuning\/jobs\/([^/]+)\/checkpoints$/,
    ({ jobs }, { id, query }) => page(jobs.checkpoints(id), query),
  ],
  [
    'POST',
    /^\/fine_tuning\/jobs\/([^/]+)\/(cancel|pause|resume)$/,
    ({ jobs }, { id, action }) => jobs.control(id, action as 'cancel'),
  ],
]

/** The answer to a request, or an ApiError. */
export async function route(fake: FakeOpenAI, request: ReceivedRequest): Promise<unknown> {
  const { method, path } = request
  for (const [verb, pattern, handle] of ROUTES) {
    const match = verb === method ? pattern.exec(path) : null
    if (match === null) continue
    const [, id = '', action = ''] = match
    return handle(fake, { ...request, body: request.body as never, id: decodeURIComponent(id), action })
  }
  throw new ApiError(404, `Invalid URL (${method} /v1${path})`)
}

function uploadFile({ files }: FakeOpenAI, { body, filename = '' }: Call): unknown {
  const { file, purpose } = body as { file: string; purpose: string }
  return files.upload({ filename, purpose, content: file, now: Date.now() })
}

async function answerLive(fake: FakeOpenAI, { path, body }: Call): Promise<unknown> {
  const { max_completion_tokens, max_tokens } = body as {
    max_completion_tokens?: number
    max_tokens?: number
  }
  using _place = fake.limits.enter(max_completion_tokens ?? max_tokens ?? 16)
  if (fake.options.latencyMs) await setTimeout(fake.options.latencyMs)
  return answer(fake, path, body)
}

function answerBatched(fake: FakeOpenAI, url: string, body: Record<string, unknown>) {
  try {
    return { status_code: 200, body: answer(fake, url.replace(/^\/v1/, ''), body) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { status_code: error.status, body: error.body }
  }
}

function answer({ models, options }: FakeOpenAI, path: string, body: Record<string, unknown>): unknown {
  describe(models, String(body.model))
  const context: Context = {
    language: { ...hashedLanguage, ...options.language },
    scoring: options.scoring ?? 'echo',
    now: Date.now(),
  }
  return path === '/completions' ? complete(body as never, context) : chat(body as never, context)
}

function describe(models: ReadonlyMap<string, string | null>, id: string) {
  const shutdown_date = models.get(id)
  if (shutdown_date === undefined) {
    throw new ApiError(404, `The model \`${id}\` does not exist or you do not have access to it.`, {
      code: 'model_not_found',
    })
  }
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'fake', shutdown_date }
}
