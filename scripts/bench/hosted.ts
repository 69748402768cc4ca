import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ONE_BY_ONE } from '../../src/lib/evaluation/evaluate-targets.ts'
import { reverseEvaluator } from '../../src/lib/evaluation/reverse-evaluator.ts'
import { runEvaluation } from '../../src/lib/evaluation/run-evaluation.ts'
import { openHostedModel } from '../../src/lib/models/openai/hosted-model.ts'
import type { LimitOptions } from '../../test/helpers/fake-openai/limits.ts'
import { FakeOpenAI } from '../../test/helpers/fake-openai/server.ts'
import { spawnFakeOpenAI } from '../../test/helpers/fake-openai/spawn.ts'
import type { BenchmarkPart, Figure } from './part.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const PROMPTS = 5000
const LATENCY_MS = 100
const IN_FLIGHT = 50
const IDEAL_S = (PROMPTS / IN_FLIGHT) * (LATENCY_MS / 1000)

const RATE = 600
const MINUTE_MS = 60_000
const MINUTES = 3

/** Evaluations of hosted models against loopback servers that behave as OpenAI's do. */
const part: BenchmarkPart = {
  name: 'Hosted models, on loopback servers',
  async run() {
    const seconds = await timeEvaluation()
    const rates = await Promise.all([measureRate('steadily'), measureRate('each minute')])
    return [
      {
        figure: `${PROMPTS} prompts, ${IN_FLIGHT} in flight, ${LATENCY_MS} ms each: time over the ideal ${IDEAL_S} s`,
        value: seconds / IDEAL_S,
        unit: 'times',
        goal: 'at most 1.2',
      },
      ...rates.flat(),
    ]
  },
}

/** Seconds of a whole evaluation, journal and cache included. The server refuses more than it takes at once. */
async function timeEvaluation(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-hosted-'))
  const limits = { inFlight: IN_FLIGHT }
  using server = await spawnFakeOpenAI({ latencyMs: LATENCY_MS, limits, conformity: false })
  const model = await openHostedModel({ model: MODEL, baseUrl: server.url, cache: join(folder, 'cache') })
  try {
    const lines = Array.from({ length: PROMPTS }, (_, index) => ({
      prompt: `Who is person ${index}?`,
      completion: ' Ada',
    }))
    await writeFile(
      join(folder, 'd2p_prompts_test.jsonl'),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    )
    const start = performance.now()
    await runEvaluation({
      model,
      evaluator: reverseEvaluator,
      plugin: 'reversal',
      datasetDirectory: folder,
      directory: join(folder, 'evaluations'),
      toolVersion: '0.0.0',
      splits: ['d2p_prompts_test'],
      maxSamples: PROMPTS,
      ...ONE_BY_ONE,
    })
    return (performance.now() - start) / 1000
  } finally {
    await model.close()
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
