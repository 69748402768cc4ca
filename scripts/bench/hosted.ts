import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ONE_BY_ONE } from '../../src/lib/evaluation/evaluate-targets.ts'
import { reverseEvaluator } from '../../src/lib/evaluation/reverse-evaluator.ts'
import { runEvaluation } from '../../src/lib/evaluation/run-evaluation.ts'
import { openHostedModel } from '../../src/lib/models/openai/hosted-model.ts'
import { ResponseCache } from '../../src/lib/models/response-cache.ts'
import type { LimitOptions } from '../../test/helpers/fake-openai/limits.ts'
import { FakeOpenAI } from '../../test/helpers/fake-openai/server.ts'
import { spawnFakeOpenAI } from '../../test/helpers/fake-openai/spawn.ts'
import type { BenchmarkPart, Figure } from './part.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const PROMPTS = 5000
const LATENCY_MS = 100
const IN_FLIGHT = 50
const IDEAL_S = (PROMPTS / IN_FLIGHT) * (LATENCY_MS / 1000)

const CACHED = 100_000

const RATE = 600
const MINUTE_MS = 60_000
const MINUTES = 3

/** Evaluations of hosted models against loopback servers that behave as OpenAI's do. */
const part: BenchmarkPart = {
  name: 'Hosted models, on loopback servers',
  async run() {
    const { asked, cached } = await timeEvaluations()
    const opening = await measureOpening()
    const rates = await Promise.all([measureRate('steadily'), measureRate('each minute')])
    return [
      {
        figure: `${PROMPTS} prompts, ${IN_FLIGHT} in flight, ${LATENCY_MS} ms each: time over the ideal ${IDEAL_S} s`,
        value: asked.seconds / IDEAL_S,
        unit: 'times',
        goal: 'at most 1.1',
      },
      {
        figure: 'processor time of one prompt; at these numbers there are 2 ms',
        value: asked.cpuMs / PROMPTS,
        unit: 'ms',
      },
      { figure: `the same ${PROMPTS} prompts from the cache`, value: cached.seconds, unit: 's' },
      ...opening,
      ...rates.flat(),
    ]
  },
}

interface Spent {
  seconds: number
  /** Of this process, on all cores. */
  cpuMs: number
}

/**
 * A whole evaluation, journal and cache included, and another one that finds all answers in the cache. The server
 * refuses more than it takes at once.
 */
async function timeEvaluations(): Promise<{ asked: Spent; cached: Spent }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-hosted-'))
  const limits = { inFlight: IN_FLIGHT }
  using server = await spawnFakeOpenAI({ latencyMs: LATENCY_MS, limits, conformity: false })
  try {
    const lines = Array.from({ length: PROMPTS }, (_, index) => ({
      prompt: `Who is person ${index}?`,
      completion: ' Ada',
    }))
    await writeFile(
      join(folder, 'd2p_prompts_test.jsonl'),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    )
    const evaluate = async (name: string): Promise<Spent> => {
      const model = await openHostedModel({ model: MODEL, baseUrl: server.url, cache: join(folder, 'cache') })
      const start = performance.now()
      const before = process.cpuUsage()
      await runEvaluation({
        model,
        evaluator: reverseEvaluator,
        plugin: 'reversal',
        datasetDirectory: folder,
        directory: join(folder, name),
        toolVersion: '0.0.0',
        splits: ['d2p_prompts_test'],
        maxSamples: PROMPTS,
        ...ONE_BY_ONE,
      })
      const seconds = (performance.now() - start) / 1000
      const { user, system } = process.cpuUsage(before)
      await model.close()
      return { seconds, cpuMs: (user + system) / 1000 }
    }
    return { asked: await evaluate('asked'), cached: await evaluate('cached') }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What a large cache costs a command that needs one answer of it. */
async function measureOpening(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-cache-'))
  try {
    const written = new ResponseCache(folder)
    const ending = { reason: 'stop', answered_by: { model: MODEL, system_fingerprint: 'fp_0123456789' } }
    const keep = (index: number) => written.set(index, { text: ` person ${index}`, ending }, { model: MODEL })
    await Promise.all(Array.from({ length: CACHED }, (_, index) => keep(index)))
    gc?.()
    const before = process.memoryUsage().heapUsed
    const start = performance.now()
    const opened = new ResponseCache(folder)
    await opened.get(CACHED / 2, () => undefined)
    const ms = performance.now() - start
    gc?.()
    const heap = process.memoryUsage().heapUsed - before
    await opened.get(0, () => undefined)
    const figure = `opening a cache of ${CACHED} answers`
    return [
      { figure: `${figure}, until the first is read`, value: ms, unit: 'ms' },
      { figure: `${figure}: memory`, value: heap / 2 ** 20, unit: 'MiB' },
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** How much of a limit by the minute is used, and how often it is overstepped, after the first minute. */
async function measureRate(refill: NonNullable<LimitOptions['refill']>): Promise<Figure[]> {
  await using server = await FakeOpenAI.start({
    latencyMs: LATENCY_MS,
    limits: { requestsPerMinute: RATE, refill },
  })
  const model = await openHostedModel({ model: MODEL, baseUrl: server.url })
  const start = Date.now()
  const signal = AbortSignal.timeout(MINUTES * MINUTE_MS)
  const prompts = Array.from({ length: MINUTES * RATE * 2 }, (_, index) => `Who is person ${index}?`)
  try {
    for await (const _answer of model.generate(prompts, { maxTokens: 10, temperature: 0, signal }));
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await model.close()
  }
  const later = server.requests.filter(({ at }) => at >= start + MINUTE_MS)
  const used = later.filter(({ status }) => status === 200).length / (RATE * (MINUTES - 1))
  const refused = later.filter(({ status }) => status === 429).length
  const limit = `${RATE} requests a minute, which come back ${refill}`
  return [
    { figure: `${limit}: used after the first minute`, value: 100 * used, unit: '%', goal: 'at least 95' },
    { figure: `${limit}: refused after the first minute`, value: refused, unit: 'requests', goal: '0' },
  ]
}

export default part
