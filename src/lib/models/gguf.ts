import { open } from 'node:fs/promises'
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp'
import type { Device, DeviceOptions } from '../engine/device.ts'
import { sampleRandom } from '../engine/sampling.ts'
import type { TargetRow } from '../engine/target-rows.ts'
import { targetRows } from '../engine/target-rows.ts'
import { asCompleted } from '../support/as-completed.ts'
import { hasErrorCode, InputError, ReversalError } from '../support/errors.ts'
import { sha256 } from '../support/files.ts'
import { untilStop } from '../support/until-stop.ts'
import type {
  GenerateOptions,
  Generation,
  LanguageModel,
  ScoreRequest,
  Scoring,
  TargetScore,
} from './language-model.ts'

export interface GgufModelOptions extends DeviceOptions {
  /** Absolute path of the file. */
  path: string
  /** Longest prompt with its completion, in tokens; what the model was trained for where it is not given. */
  contextSize?: number | undefined
}

/** Texts that are computed together at most, and the tokens that all of them may take in memory. */
const SEQUENCES = 8
const CELLS = 8192
/** The smallest positive float32: a probability that llama.cpp gives as 0 is below it. */
const SMALLEST = 2 ** -149

/**
 * A model in a GGUF file, run by llama.cpp through node-llama-cpp, which users add themselves. Throws InputError
 * GGUF_PACKAGE_MISSING, GGUF_NO_BINARY, FILE_NOT_FOUND, NOT_GGUF, DEVICE_UNAVAILABLE, GGUF_UNREADABLE.
 */
export async function openGgufModel(options: GgufModelOptions): Promise<LanguageModel> {
  const { path, device = 'cpu' } = options
  const fingerprint = await fingerprintGguf(path)
  const llama = await startLlama(device)
  try {
    const model = await loadModel(llama, path)
    return new GgufModel(llama, model, `gguf:${path}@${fingerprint}`, options)
  } catch (error) {
    await llama.dispose()
    throw error
  }
}

class GgufModel implements LanguageModel {
  readonly id: string
  readonly hosted = false
  readonly #llama: Llama
  readonly #model: LlamaModel
  readonly #options: GgufModelOptions
  #context: LlamaContext | undefined
  #free: LlamaContextSequence[] = []

  constructor(llama: Llama, model: LlamaModel, id: string, options: GgufModelOptions) {
    this.#llama = llama
    this.#model = model
    this.id = id
    this.#options = options
  }

  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const rows = prompts.map((prompt, index) => ({ index, ids: this.#encode(prompt) }))
    const limit = await this.#makeRoom(
      prompts,
      rows.map(({ ids }) => ids.length + options.maxTokens),
    )
    yield* asCompleted(rows, { limit, signal: options.signal }, ({ index, ids }, signal) =>
      this.#withSequence(async (sequence) => {
        const { samples = 1, seed = 0 } = options
        const completions: string[] = []
        for (let sample = 0; sample < samples; sample++) {
          signal.throwIfAborted()
          const own = Number(sampleRandom(seed, prompts[index]!, sample).getrandbits(32))
          completions.push(await this.#complete(sequence, ids, options, own))
        }
        return { index, completions }
      }),
    )
  }

  async *score(
    requests: readonly ScoreRequest[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Scoring, void> {
    const rows = requests.map((request, index) => ({
      index,
      targets: targetRows(request, (text) => this.#encode(text)),
    }))
    const limit = await this.#makeRoom(
      requests.map(({ prompt }) => prompt),
      rows.map(({ targets }) => Math.max(0, ...targets.map(({ ids }) => ids.length))),
    )
    yield* asCompleted(rows, { limit, signal }, ({ index, targets }, ends) =>
      this.#withSequence(async (sequence) => {
        const scores: TargetScore[] = []
        for (const target of targets) {
          ends.throwIfAborted()
          scores.push(await this.#scoreTarget(sequence, target))
        }
        return { index, scores }
      }),
    )
  }

  async scoring() {
    return { available: true } as const
  }

  async close(): Promise<void> {
    await this.#context?.dispose()
    await this.#model.dispose()
    await this.#llama.dispose()
  }

  async #complete(
    sequence: LlamaContextSequence,
    ids: readonly Token[],
    { maxTokens, temperature, stop = [] }: GenerateOptions,
    seed: number,
  ): Promise<string> {
    if (ids.length === 0) throw noFirstToken()
    // One token has to be evaluated again for the next one to follow it.
    await sequence.adaptStateToTokens(ids.slice(0, -1), false)
    const tokens = sequence.evaluate(ids.slice(sequence.nextTokenIndex), {
      temperature,
      seed,
      // The distribution as it is, without the cuts that chat programs make.
      topK: 0,
      topP: 1,
      minP: 0,
    })
    const written: Token[] = []
    let text = ''
    for await (const token of tokens) {
      written.push(token)
      text = this.#model.detokenize(written, false, [...ids])
      const kept = untilStop(text, stop)
      if (kept.length < text.length) return kept
      if (written.length === maxTokens) break
    }
    return text
  }

  /** The probability of a target's tokens. What the sequence holds of the same prompt is not computed again. */
  async #scoreTarget(sequence: LlamaContextSequence, { ids, from }: TargetRow): Promise<TargetScore> {
    const own = ids.slice(from) as Token[]
    if (own.length === 0) return { logprob: 0, tokens: 0 }
    if (from === 0) throw noFirstToken()
    const before = ids.slice(0, from - 1) as Token[]
    await sequence.adaptStateToTokens(before, false)
    await sequence.evaluateWithoutGeneratingNewTokens(before.slice(sequence.nextTokenIndex))
    const next = { generateNext: { probabilities: true } }
    const evaluated = await sequence.controlledEvaluate(
      ids.slice(from - 1, -1).map((token) => [token as Token, next]),
    )
    const logprob = own.reduce((total, token, index) => {
      const probability = evaluated[index]?.next.probabilities?.get(token) ?? 0
      return total + Math.log(Math.max(probability, SMALLEST))
    }, 0)
    return { logprob, tokens: own.length }
  }

  /** The tokens of a text, after the token that begins every text where the model has one. */
  #encode(text: string): Token[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens
    const start = shouldPrependBosToken && bos !== null ? [bos] : []
    return [...start, ...this.#model.tokenize(text, false)]
  }

  /**
   * Make a context that takes texts of the given lengths, where the present one does not; the number of texts
   * that it takes at once. Earlier calls must have ended. Throws InputError CONTEXT_TOO_SMALL for a text that does not fit.
   */
  async #makeRoom(prompts: readonly string[], lengths: readonly number[]): Promise<number> {
    const longest = Math.max(0, ...lengths)
    const { contextSize, threads } = this.#options
    const limit = contextSize ?? this.#model.trainContextSize
    if (longest > limit) throw tooSmall(prompts[lengths.indexOf(longest)]!, longest, { limit, contextSize })
    if (this.#context === undefined || this.#context.contextSize <= longest) {
      await this.#context?.dispose()
      // llama.cpp keeps one place free, and gives room by the 256.
      const size = Math.ceil((longest + 1) / 256) * 256
      const sequences = Math.max(1, Math.min(SEQUENCES, Math.floor(CELLS / size)))
      this.#context = await this.#createContext(size, sequences, threads)
      this.#free = Array.from({ length: sequences }, () => this.#context!.getSequence())
    }
    return this.#context.totalSequences
  }

  async #createContext(contextSize: number, sequences: number, threads?: number): Promise<LlamaContext> {
    try {
      return await this.#model.createContext({
        contextSize,
        sequences,
        // With it results depend on how a text is cut into batches: by 0.3 nats a token on a model of 4 bits.
        flashAttention: false,
        ...(threads && { threads }),
      })
    } catch (cause) {
      throw new ReversalError(
        `There is not enough memory for a context of ${contextSize} tokens (${(cause as Error).message}).`,
        { code: 'OUT_OF_MEMORY', suggestions: ['ask for less: --context-size'], cause },
      )
    }
  }

  async #withSequence<T>(work: (sequence: LlamaContextSequence) => Promise<T>): Promise<T> {
    const sequence = this.#free.pop()!
    try {
      // What the sequence holds of another prompt may have been computed in other batches, which rounds otherwise.
      await sequence.clearHistory()
      return await work(sequence)
    } finally {
      this.#free.push(sequence)
    }
  }
}

/** Some models have no token that begins every text. */
function noFirstToken(): InputError {
  return new InputError('This model cannot begin a text: the prompt must have at least one whole token.', {
    code: 'PROMPT_TOO_SHORT',
  })
}

function tooSmall(
  prompt: string,
  needed: number,
  { limit, contextSize }: { limit: number; contextSize: number | undefined },
): InputError {
  const start = JSON.stringify(prompt.slice(0, 40))
  const bound = contextSize === undefined ? `the model was trained for ${limit}` : `the context has ${limit}`
  return new InputError(
    `The prompt that starts with ${start} takes ${needed} tokens with what follows; ${bound}.`,
    {
      code: 'CONTEXT_TOO_SMALL',
      suggestions: contextSize === undefined ? [] : [`make room: --context-size ${needed}`],
    },
  )
}

/** What node-llama-cpp calls a device. */
const BACKENDS = { cpu: false, auto: 'auto', cuda: 'cuda' } as const

async function startLlama(device: Device): Promise<Llama> {
  if (device === 'webgpu') {
    throw new InputError('GGUF models run on cpu, cuda or auto, not on webgpu.', {
      code: 'DEVICE_UNAVAILABLE',
    })
  }
  const library = await importLibrary()
  try {
    return await library.getLlama({
      gpu: BACKENDS[device],
      build: 'never',
      progressLogs: false,
      logLevel: library.LlamaLogLevel.disabled,
    })
  } catch (cause) {
    const place = `${process.platform}-${process.arch}${device === 'cpu' ? '' : ` with ${device}`}`
    throw new InputError(`node-llama-cpp has no binary for ${place} (${firstLine(cause)}).`, {
      code: 'GGUF_NO_BINARY',
      suggestions: [
        ...(device === 'cpu' ? [] : ['run on the processor: --device cpu']),
        'build it from source: npx node-llama-cpp source download',
      ],
      cause,
    })
  }
}

async function importLibrary(): Promise<typeof import('node-llama-cpp')> {
  try {
    return await import('node-llama-cpp')
  } catch (cause) {
    if (!hasErrorCode(cause, 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new InputError('GGUF models need the package node-llama-cpp, which is not installed.', {
      code: 'GGUF_PACKAGE_MISSING',
      suggestions: [
        'add it: npm install --global --ignore-scripts node-llama-cpp (its install script is not needed: binaries for the usual platforms come as packages)',
      ],
      cause,
    })
  }
}

async function loadModel(llama: Llama, path: string): Promise<LlamaModel> {
  try {
    return await llama.loadModel({ modelPath: path })
  } catch (cause) {
    throw new InputError(`${path} cannot be loaded (${firstLine(cause)}).`, {
      code: 'GGUF_UNREADABLE',
      suggestions: [
        'it may be cut off or newer than llama.cpp here: fetch it again, or update node-llama-cpp',
      ],
      cause,
    })
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0]!.replace(/\.$/, '')
}

const BLOCKS = 64
const BLOCK_BYTES = 1 << 16

/** A hash of blocks all over a GGUF file and its size, which tells models apart without reading gigabytes. */
async function fingerprintGguf(path: string): Promise<string> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    const blocks: Buffer[] = []
    for (let index = 0; index < BLOCKS; index++) {
      const position = Math.floor((index / BLOCKS) * size)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, position)
      blocks.push(buffer.subarray(0, bytesRead))
    }
    if (blocks[0]!.toString('latin1', 0, 4) !== 'GGUF') {
      throw new InputError(`${path} is not a GGUF file.`, { code: 'NOT_GGUF' })
    }
    return sha256(Buffer.concat([Buffer.from(`${size} `), ...blocks])).slice(0, 12)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) {
      throw new InputError(`There is no file ${path}.`, { code: 'FILE_NOT_FOUND' })
    }
    if (hasErrorCode(error, 'EISDIR')) {
      throw new InputError(`${path} is a directory, not a GGUF file.`, { code: 'NOT_GGUF' })
    }
    throw error
  }
}
