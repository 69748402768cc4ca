import { readdir, stat } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { basename, join } from 'node:path'
import type { DeviceOptions } from '../../engine/device.ts'
import type { EngineModel } from '../../engine/model.ts'
import { loadModel, PROMPT_TOO_LONG } from '../../engine/model.ts'
import type { DownloadProgress } from '../../engine/pretrained/hub/download.ts'
import type { ReadHubSettings } from '../../engine/pretrained/hub/settings.ts'
import { isPretrained } from '../../engine/pretrained/is-pretrained.ts'
import { estimateDecodingMemory } from '../../engine/pretrained/memory.ts'
import { InputError } from '../../support/errors.ts'
import { roomyBytes } from '../../support/memory.ts'
import { formatBytes } from '../../support/numbers.ts'
import type { OpeningOptions } from '../gguf/open-gguf-model.ts'
import type { LanguageModel } from '../language-model.ts'
import { UnansweredError } from '../unanswered.ts'
import { localModelId } from './model-id.ts'

interface EngineOptions extends DeviceOptions, OpeningOptions {
  /** Where models of the Hugging Face Hub are; without it an adapter names its model by a path. */
  hub?: ReadHubSettings | undefined
}

export interface LocalModelOptions extends EngineOptions {
  /** Folder of a trained model, such as a run's `model/`; folder, adapter or GGUF file of a pretrained one. */
  directory: string
  /** Such as `local/ada:RUN_ID`; by default the folder and the checksum of the weights. */
  id?: string | undefined
}

/**
 * A model that the embedded engine trained or that was pretrained. Throws InputError MODEL_NOT_FOUND or
 * DEVICE_UNAVAILABLE, ReversalError FILE_CORRUPT, and as `readPretrained`.
 */
export async function openLocalModel({
  directory,
  id,
  ...options
}: LocalModelOptions): Promise<LanguageModel> {
  const { device, threads } = options
  const model = (await isPretrained(directory))
    ? await loadVisibly(directory, basename(directory), options)
    : await loadModel(directory, { device, threads })
  return languageModel(model, id ?? localModelId(directory, model.checksum))
}

/** A model of the Hugging Face Hub, `hf:ORG/NAME[@REVISION]`. Throws as `locatePretrained` and `readPretrained`. */
export async function openHubModel({
  name,
  ...options
}: EngineOptions & { name: string }): Promise<LanguageModel> {
  const { hub, signal, onOpening } = options
  if (hub === undefined) throw new Error(`The location of ${name} is unknown.`)
  const { locatePretrained } = await import('../../engine/pretrained/locate.ts')
  const onProgress = ({ bytes, totalBytes }: DownloadProgress) =>
    onOpening?.({ name, phase: 'fetching', done: bytes, total: totalBytes })
  const { path, base } = await locatePretrained(name, { ...(await hub()), cwd: '', signal, onProgress })
  return languageModel(await loadVisibly(path, name, options), `hf:${base.name}@${base.revision}`)
}

async function loadVisibly(path: string, name: string, options: EngineOptions): Promise<EngineModel> {
  const { hub, signal, onOpening, onWarning, device, threads } = options
  const { loadPretrained } = await import('../../engine/pretrained/load.ts')
  const { describePretrained } = await import('../../engine/pretrained/read-pretrained.ts')
  const total = await bytesOf(path)
  onOpening?.({ name, phase: 'loading', done: 0, total })
  const { findBaseByHub } = await import('../../engine/pretrained/locate.ts')
  const findBase = hub && findBaseByHub(hub, { cwd: path, signal })
  if (onWarning !== undefined) {
    const { config } = await describePretrained(path, { findBase })
    const warning = warnOfMemory(name, { bytes: estimateDecodingMemory(config) })
    if (warning !== undefined) await onWarning(warning)
  }
  const model = await loadPretrained(path, { device, threads, signal, findBase })
  onOpening?.({ name, phase: 'loading', done: total, total })
  return model
}

/** A warning before reading a model that is too large for this machine; undefined if it fits. */
function warnOfMemory(
  name: string,
  { bytes, machineBytes = totalmem() }: { bytes: number; machineBytes?: number },
): string | undefined {
  if (bytes <= roomyBytes(machineBytes)) return undefined
  return `${name} needs about ${formatBytes(bytes)} of memory; this machine has ${formatBytes(machineBytes)}.`
}

/** Total size of all files of weights. */
async function bytesOf(path: string): Promise<number> {
  const entry = await stat(path)
  if (!entry.isDirectory()) return entry.size
  const names = (await readdir(path)).filter((name) => name.endsWith('.safetensors'))
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size))
  return sizes.reduce((total, size) => total + size, 0)
}

function languageModel(model: EngineModel, id: string): LanguageModel {
  return {
    id,
    hosted: false,
    generate: (prompts, options) =>
      answerFitting(prompts, {
        answer: (fitting) => model.generate(fitting, options),
        whyTooLong: (prompt) => model.whyTooLong(prompt, { room: options.maxTokens }),
      }),
    score: (requests, options) =>
      answerFitting(requests, {
        answer: (fitting) => model.score(fitting, options),
        whyTooLong: ({ prompt, targets }) =>
          ['', ...targets].map((target) => model.whyTooLong(prompt + target)).find(Boolean),
      }),
    scoring: async () => ({ available: true }),
    close: () => model.close(),
  }
}

interface Answering<Q, R> {
  answer: (questions: readonly Q[]) => AsyncIterable<R>
  whyTooLong: (question: Q) => string | undefined
}

/** Yields the answers to all questions that fit; then throws UnansweredError PROMPT_TOO_LONG if some do not. */
async function* answerFitting<Q, R extends { index: number }>(
  questions: readonly Q[],
  { answer, whyTooLong }: Answering<Q, R>,
): AsyncGenerator<R, void> {
  try {
    yield* answer(questions)
    return
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== PROMPT_TOO_LONG) throw error
  }
  const reasons = questions.map(whyTooLong)
  const fitting = [...questions.keys()].filter((index) => reasons[index] === undefined)
  for await (const result of answer(fitting.map((index) => questions[index]!))) {
    yield { ...result, index: fitting[result.index]! }
  }
  const unanswered = reasons.flatMap((reason, index) => (reason === undefined ? [] : [{ index, reason }]))
  throw new UnansweredError(unanswered, { total: questions.length, code: PROMPT_TOO_LONG })
}
