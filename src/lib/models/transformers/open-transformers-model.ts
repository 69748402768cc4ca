import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { GenerateOptions, Generation, ScoreRequest, Scoring } from '../../schemas/completion.ts'
import { readTextIfExists, writeJson } from '../../support/files.ts'
import { untilStop } from '../../support/until-stop.ts'
import { wait } from '../../support/wait.ts'
import { locateJobModel } from '../jobs/locate-model.ts'
import { ModelJob } from '../jobs/model-job.ts'
import type { LanguageModel } from '../language-model.ts'
import type { ClientOptions } from '../model-client.ts'
import { TRANSFORMERS_PREFIX } from './transformers-client.ts'

const POLL_MS = 100
/** Rows that are computed together. */
const BATCH = 16

/**
 * Opens a model in a job that answers until it is closed. Throws InputError MODEL_NOT_FOUND, and what the engine's
 * `check` throws; ReversalError JOB_FAILED if the job ends before it has answered.
 */
export async function openTransformersModel(options: ClientOptions): Promise<LanguageModel> {
  const { reference, jobs, signal } = options
  const { id, model, revision } = await locateJobModel(options, { prefix: TRANSFORMERS_PREFIX })
  const job = await ModelJob.submit({
    ...{ jobs, place: reference.job, signal, script: 'score.py', kind: 'scoring' },
    gpusOf: (most) => Math.min(1, most),
    fill: async (folder, { gpus, precision }) => {
      await mkdir(join(folder, 'requests'))
      await writeJson(join(folder, 'score.json'), { model, revision, gpus, precision, batch_size: BATCH })
    },
  })
  return new TransformersModel(id, job)
}

/** An answer in a file of answers. */
type Answer = { done: true } | { index: number; completions: string[] } | Scoring

/** Puts requests into files that the job watches, and reads its answers line by line. */
class TransformersModel implements LanguageModel {
  readonly id: string
  readonly hosted = false
  readonly #job: ModelJob
  #asked = 0

  constructor(id: string, job: ModelJob) {
    this.id = id
    this.#job = job
  }

  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const { maxTokens, temperature, samples = 1, seed = 0, stop, signal } = options
    const request = { kind: 'generate', prompts, max_tokens: maxTokens, temperature, samples, seed }
    for await (const answer of this.#ask<{ index: number; completions: string[] }>(request, signal))
      yield { ...answer, completions: answer.completions.map((text) => untilStop(text, stop)) }
  }

  score(
    requests: readonly ScoreRequest[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Scoring, void> {
    return this.#ask<Scoring>({ kind: 'score', requests }, signal)
  }

  async scoring(): Promise<{ available: true }> {
    return { available: true }
  }

  close(): Promise<void> {
    return this.#job.close()
  }

  async *#ask<T extends Answer>(request: object, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
    const { folder } = this.#job
    const name = String(++this.#asked).padStart(6, '0')
    await writeJson(join(folder, 'requests', `${name}.json`), request)
    for (let seen = 0; ; await wait(POLL_MS, signal)) {
      // Before the answers: a job that has ended writes no more of them.
      const alive = await this.#job.isAlive(signal)
      const text = (await readTextIfExists(join(folder, 'answers', `${name}.jsonl`))) ?? ''
      const lines = text.split('\n').slice(seen, -1)
      seen += lines.length
      for (const line of lines) {
        const answer = JSON.parse(line) as Answer
        if ('done' in answer) return
        yield answer as T
      }
      if (!alive) throw await this.#job.failure()
    }
  }
}
