import { ReversalError } from '../../support/errors.ts'
import type { Availability, ScoreRequest, TargetScore } from '../language-model.ts'
import type { Address } from './address.ts'
import { addressId } from './address.ts'
import { NOT_A_NUMBER } from './failures.ts'
import { post, readJson } from './json-answer.ts'
import type { ScoringWay } from './prompt-logprobs.ts'
import { scoringWays } from './prompt-logprobs.ts'
import type { TokenizedText, TokenSpan } from './target-tokens.ts'
import { alignTarget, spellTarget } from './target-tokens.ts'
import type { Transport } from './transport.ts'

/** A test text that any server must be able to score. */
const CANARY = { prompt: 'The capital of France', target: ' is Paris.' }

/** Log-probabilities of given targets, if the server gives them; tested once before use. */
export class Scorer {
  readonly #transport: Transport
  readonly #address: Address
  #found: Promise<{ way: ScoringWay } | { reason: string }> | undefined

  constructor({ transport, address }: { transport: Transport; address: Address }) {
    this.#transport = transport
    this.#address = address
  }

  async availability(signal?: AbortSignal): Promise<Availability> {
    const found = await this.#find(signal)
    return 'way' in found ? { available: true } : { available: false, reason: found.reason }
  }

  /**
   * One score for each target. Throws ReversalError SCORING_UNAVAILABLE, or SCORE_MISSING if a log-probability is not a
   * number.
   */
  async score({ prompt, targets }: ScoreRequest, signal?: AbortSignal): Promise<TargetScore[]> {
    const found = await this.#find(signal)
    if ('reason' in found) throw new ReversalError(found.reason, { code: 'SCORING_UNAVAILABLE' })
    const { way } = found
    const texts = await Promise.all(targets.map((target) => this.#locate(way, { prompt, target }, signal)))
    // The same tokens of the prompt are left out for all targets, so that their scores can be compared.
    const from = Math.min(...texts.map(({ span }) => span.from))
    return texts.map(({ text, span }) => this.#sum(text, { from, to: span.to }))
  }

  #find(signal?: AbortSignal) {
    this.#found ??= this.#tryWays(signal).catch((error) => {
      this.#found = undefined
      throw error
    })
    return this.#found
  }

  async #tryWays(signal?: AbortSignal): Promise<{ way: ScoringWay } | { reason: string }> {
    const { server } = this.#transport
    if (server.official && this.#address.api === 'chat') {
      return {
        reason: `The chats of ${server.name} give no log-probabilities of texts that the model did not write.`,
      }
    }
    const flaws: string[] = []
    for (const way of scoringWays(this.#address)) {
      const flaw = await this.#tryWay(way, signal)
      if (flaw === undefined) return { way }
      flaws.push(`${way.name}: ${flaw}`)
    }
    return { reason: `${server.name} gives no log-probabilities of given texts (${flaws.join('; ')}).` }
  }

  /** Tests a way on a known text: returns what is wrong with the answer, or undefined. */
  async #tryWay(way: ScoringWay, signal?: AbortSignal): Promise<string | undefined> {
    let whole: TokenizedText | undefined
    let span: TokenSpan
    try {
      whole = await this.#ask(way, CANARY.prompt, CANARY.target, signal)
      if (whole === undefined) return 'not in its answer'
      span = spellTarget(whole, CANARY) ?? (await this.#align(way, whole, CANARY, signal))
    } catch (error) {
      if (error instanceof ReversalError && error.code === NOT_A_NUMBER)
        return error.message.replace(/\.$/, '')
      if (error instanceof ReversalError && REFUSALS.includes(error.code)) return `refused: ${error.message}`
      throw error
    }
    const { logprobs, tokens } = whole
    if (logprobs.length !== tokens.length) return 'not one number per token'
    if (logprobs[0] !== null) return 'a number for the first token, which has no context'
    if (!logprobs.slice(1).every(isLogprob)) return 'numbers that are not log-probabilities'
    if (logprobs.slice(span.from, span.to).some(isClamped)) return 'clamped numbers that stand for lower ones'
    return span.to > Math.max(1, span.from) ? undefined : 'fewer numbers than the text has tokens'
  }

  async #locate(way: ScoringWay, request: { prompt: string; target: string }, signal?: AbortSignal) {
    const text = await this.#ask(way, request.prompt, request.target, signal)
    if (text === undefined) throw this.#missing()
    return { text, span: spellTarget(text, request) ?? (await this.#align(way, text, request, signal)) }
  }

  async #align(way: ScoringWay, text: TokenizedText, { prompt }: { prompt: string }, signal?: AbortSignal) {
    const alone = await this.#ask(way, prompt, '', signal)
    if (alone === undefined) throw this.#missing()
    return alignTarget(text, alone)
  }

  #ask(way: ScoringWay, prompt: string, target: string, signal?: AbortSignal) {
    const body = way.body(prompt, target)
    return this.#transport.call(
      post(way.path, body),
      async (response) => way.read(await readJson(response)),
      { signal, tokens: (prompt.length + target.length) / 4, kind: 'score' },
    )
  }

  #sum({ logprobs }: TokenizedText, { from, to }: TokenSpan): TargetScore {
    const own = logprobs.slice(from, to)
    if (!own.every(isLogprob)) throw this.#missing()
    return {
      logprob: own.reduce((sum, value) => sum + value, 0),
      tokens: own.length,
      ...(own.some(isClamped) && { clamped: true }),
    }
  }

  #missing(): ReversalError {
    return new ReversalError(
      `${addressId(this.#address)} gave no log-probability for a token of the target.`,
      { code: 'SCORE_MISSING' },
    )
  }
}

/** Error codes of servers that do not support a way. */
const REFUSALS = ['REQUEST_REFUSED', 'NOT_COMPATIBLE', 'PROMPT_REFUSED']

function isLogprob(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value <= 1e-6
}

/** No model's token is less likely than this, in nats. */
const LOWEST = -1000
/** Below this, a number without decimals was put in the place of one. */
const LOWEST_WHOLE = -100

/** Whether a log-probability is a placeholder for everything below it, such as -9999 (vLLM). */
function isClamped(value: number | null): boolean {
  return value !== null && (value <= LOWEST || (value <= LOWEST_WHOLE && Number.isInteger(value)))
}
