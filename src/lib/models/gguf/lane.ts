import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp'
import type { TargetRow } from '../../engine/target-rows.ts'
import type { Completion, GenerateOptions, TargetScore } from '../../schemas/completion.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { plural } from '../../support/numbers.ts'
import { untilStop } from '../../support/until-stop.ts'
import { withoutThought } from '../without-thought.ts'

/** The smallest positive float32: a probability that llama.cpp gives as 0 is below it. */
const SMALLEST = 2 ** -149
/** llama.cpp allocates contexts in steps of this many tokens. */
const ROOM = 256

interface Drawing extends Pick<GenerateOptions, 'maxTokens' | 'temperature' | 'stop'> {
  /** One for each completion. */
  seeds: readonly number[]
  signal: AbortSignal
}

interface LaneOptions {
  threads: number
  /** Keep keys and values in float32, which takes twice the memory. */
  exact: boolean
}

/**
 * A context of llama.cpp that computes one text at a time. Texts must not share a context: node-llama-cpp
 * reads the results of a batch on several threads, and the first read makes llama.cpp swap its output rows in
 * place, without a lock. Alone, a text's numbers also do not depend on other texts.
 */
export class Lane {
  readonly #model: LlamaModel
  readonly #threads: number
  readonly #exact: boolean
  #context: LlamaContext | undefined
  #sequence: LlamaContextSequence | undefined

  constructor(model: LlamaModel, { threads, exact }: LaneOptions) {
    this.#model = model
    this.#threads = threads
    this.#exact = exact
  }

  /**
   * Completes a text, given as tokens, once for each seed. Throws InputError PROMPT_TOO_SHORT, ReversalError
   * OUT_OF_MEMORY, and the signal's reason.
   */
  async complete(ids: readonly Token[], { seeds, ...options }: Drawing): Promise<Completion[]> {
    if (ids.length === 0) throw noFirstToken()
    const sequence = await this.#clear(ids.length + options.maxTokens)
    const completions: Completion[] = []
    for (const seed of seeds) completions.push(await this.#draw(sequence, ids, { ...options, seed }))
    return completions
  }

  /** The probabilities of targets after one prompt, which is computed once. Throws as `complete`. */
  async score(targets: readonly TargetRow[], { signal }: { signal: AbortSignal }): Promise<TargetScore[]> {
    const sequence = await this.#clear(Math.max(0, ...targets.map(({ ids }) => ids.length)))
    const scores: TargetScore[] = []
    for (const target of targets) {
      signal.throwIfAborted()
      scores.push(await scoreTarget(sequence, target))
    }
    return scores
  }

  async close(): Promise<void> {
    await this.#context?.dispose()
    this.#context = undefined
  }

  async #draw(
    sequence: LlamaContextSequence,
    ids: readonly Token[],
    { maxTokens, temperature, stop = [], seed, signal }: Omit<Drawing, 'seeds'> & { seed: number },
  ): Promise<Completion> {
    // The state that an earlier completion computed for the text is kept; only its last token is evaluated again, as
    // the next one follows from it.
    await sequence.adaptStateToTokens(ids.slice(0, -1), false)
    const tokens = sequence.evaluate(ids.slice(sequence.nextTokenIndex), {
      temperature,
      seed,
      // The full distribution, without the cuts of chat programs.
      topK: 0,
      topP: 1,
      minP: 0,
    })
    const written: Token[] = []
    let text = ''
    for await (const token of tokens) {
      signal.throwIfAborted()
      written.push(token)
      text = this.#model.detokenize(written, false, [...ids])
      // Stop texts within the reasoning do not end the answer.
      const { text: answer } = withoutThought(text)
      const surplus = answer.length - untilStop(answer, stop).length
      if (surplus > 0) return { text: text.slice(0, -surplus), ending: { reason: 'stop' } }
      if (written.length === maxTokens) return { text, ending: { reason: 'length' } }
    }
    return { text, ending: { reason: 'stop' } }
  }

  /** An empty sequence with room for so many tokens. Its earlier content may have been computed in other batches. */
  async #clear(length: number): Promise<LlamaContextSequence> {
    // llama.cpp keeps one place free.
    if (this.#context === undefined || this.#context.contextSize <= length) {
      await this.close()
      this.#context = await this.#createContext(Math.ceil((length + 1) / ROOM) * ROOM)
      this.#sequence = this.#context.getSequence()
    }
    await this.#sequence!.clearHistory()
    return this.#sequence!
  }

  async #createContext(contextSize: number): Promise<LlamaContext> {
    try {
      return await this.#model.createContext({
        contextSize,
        threads: this.#threads,
        // With it results depend on how a text is cut into batches: by 0.3 nats a token on a model of 4 bits.
        flashAttention: false,
        // With its default of 16 bits, the cache alone changes the log-probability of an answer by 0.005 and more.
        ...(this.#exact && {
          experimentalKvCacheKeyType: 'F32' as const,
          experimentalKvCacheValueType: 'F32' as const,
        }),
        failedCreationRemedy: false,
      })
    } catch (cause) {
      throw new ReversalError(
        `There is not enough memory for a context of ${plural(contextSize, 'token')} (${(cause as Error).message}).`,
        { code: 'OUT_OF_MEMORY', suggestions: ['lower --context-size'], cause },
      )
    }
  }
}

/** Makes a sequence hold exactly these tokens; those that it already has are not computed again. */
async function hold(sequence: LlamaContextSequence, tokens: Token[]): Promise<void> {
  await sequence.adaptStateToTokens(tokens, false)
  await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(sequence.nextTokenIndex))
}

async function scoreTarget(sequence: LlamaContextSequence, { ids, from }: TargetRow): Promise<TargetScore> {
  const own = ids.slice(from) as Token[]
  if (own.length === 0) return { logprob: 0, tokens: 0 }
  if (from === 0) throw noFirstToken()
  await hold(sequence, ids.slice(0, from - 1) as Token[])
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

/** Some models have no token for the beginning of a text. */
function noFirstToken(): InputError {
  return new InputError('This model needs a prompt of at least one whole token.', {
    code: 'PROMPT_TOO_SHORT',
  })
}
