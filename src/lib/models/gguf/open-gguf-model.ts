import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { DeviceOptions } from '../../engine/device.ts'
import type { GenerateOptions, Generation, LanguageModel, ScoreRequest, Scoring } from '../language-model.ts'
import { fingerprintGguf } from './fingerprint.ts'
import type { Opening } from './host-messages.ts'
import { HostProcess } from './host-process.ts'
import { selfTest } from './self-test.ts'

/** How far the opening of a model is. */
export interface OpeningProgress {
  /** The file's name, or the model's. */
  name: string
  /** Bytes that are fetched; bytes of weights that are loaded; texts of the self-test that are compared. */
  phase: 'fetching' | 'loading' | 'checking'
  done: number
  total: number
}

export interface OpeningOptions {
  /** Ends the opening. */
  signal?: AbortSignal | undefined
  onOpening?: ((progress: OpeningProgress) => unknown) | undefined
  /** Called with a sentence about what may go wrong with this model on this machine. */
  onWarning?: ((message: string) => unknown) | undefined
}

export interface GgufModelOptions extends DeviceOptions, OpeningOptions {
  /** Absolute path of the file. */
  path: string
  /** Maximum length of prompt and completion in tokens; by default the model's training length. */
  contextSize?: number | undefined
}

/**
 * Opens a model in a GGUF file, run by llama.cpp in a separate process through node-llama-cpp, which users install
 * themselves. Throws InputError GGUF_PACKAGE_MISSING, GGUF_NO_BINARY, FILE_NOT_FOUND, NOT_GGUF, DEVICE_UNAVAILABLE,
 * GGUF_UNREADABLE; ReversalError NUMBERS_DIFFER if the self-test fails, OUT_OF_MEMORY, GGUF_PROCESS_ENDED.
 */
export async function openGgufModel(options: GgufModelOptions): Promise<LanguageModel> {
  const { path, device = 'cpu', threads, contextSize, signal, onOpening } = options
  const name = basename(path)
  const fingerprint = await fingerprintGguf(path)
  const { size: total } = await stat(path)
  const tell = (loaded: number) =>
    onOpening?.({ name, phase: 'loading', done: Math.round(loaded * total), total })
  const host = new HostProcess(path)
  try {
    tell(0)
    const task = { kind: 'open', options: { path, device, threads, contextSize } } as const
    let lanes = 1
    for await (const state of host.ask<Opening>(task, { signal })) {
      if ('lanes' in state) lanes = state.lanes
      else tell(state.loaded)
    }
    tell(1)
    const model = new GgufModel(host, { id: `gguf:${path}@${fingerprint}`, lanes })
    const onProgress = (state: { done: number; total: number }) =>
      onOpening?.({ name, phase: 'checking', ...state })
    await selfTest(model, { signal, onProgress })
    return model
  } catch (error) {
    await host.close()
    throw error
  }
}

class GgufModel implements LanguageModel {
  readonly id: string
  readonly hosted = false
  readonly atOnce: number
  readonly #host: HostProcess

  constructor(host: HostProcess, { id, lanes }: { id: string; lanes: number }) {
    this.#host = host
    this.id = id
    this.atOnce = lanes
  }

  get alone(): Pick<LanguageModel, 'generate' | 'score'> {
    return {
      generate: (prompts, options) => this.#generate(prompts, options, { alone: true }),
      score: (requests, options) => this.#score(requests, options, { alone: true }),
    }
  }

  generate(prompts: readonly string[], options: GenerateOptions): AsyncIterable<Generation> {
    return this.#generate(prompts, options, { alone: false })
  }

  score(requests: readonly ScoreRequest[], options: { signal?: AbortSignal } = {}): AsyncIterable<Scoring> {
    return this.#score(requests, options, { alone: false })
  }

  async scoring() {
    return { available: true } as const
  }

  async close(): Promise<void> {
    await this.#host.close()
  }

  #generate(
    prompts: readonly string[],
    { signal, ...options }: GenerateOptions,
    { alone }: { alone: boolean },
  ): AsyncIterable<Generation> {
    return this.#host.ask({ kind: 'generate', prompts, options, alone }, { signal })
  }

  #score(
    requests: readonly ScoreRequest[],
    { signal }: { signal?: AbortSignal } = {},
    { alone }: { alone: boolean },
  ): AsyncIterable<Scoring> {
    return this.#host.ask({ kind: 'score', requests, alone }, { signal })
  }
}
