import type {
  GenerateOptions,
  LanguageModel,
  ScoreRequest,
  TargetScore,
} from '../../src/lib/models/language-model.ts'

export interface ToyModelOptions {
  id?: string
  /** Completions by prompt; " nothing" by default. */
  answers?: ReadonlyMap<string, string> | undefined
  /** The completion for a sample, by its number, instead of `answers`. */
  draw?: (prompt: string, sample: number) => string
  /** Answer as in a conversation. */
  conversational?: boolean
  /** Log-probability of a target after a prompt; by default minus the target's length. */
  logprob?: (prompt: string, target: string) => number
  /** Why it cannot score; by default it can. */
  unscorable?: string
  /** Fail as a lost server would after this many answers (completions and scores). */
  failAfter?: number
}

/** A language model that answers from a table, last prompt first, and records its prompts. */
export class ToyModel implements LanguageModel {
  readonly id: string
  readonly hosted = false
  readonly conversational: boolean
  /** The chat before the prompts of the last call. */
  conversation: GenerateOptions['conversation']
  /** Prompts that it completed, in order. */
  readonly completed: string[] = []
  /** Prompts that it scored targets after, in order. */
  readonly scored: string[] = []
  closed = false
  readonly #options: ToyModelOptions
  #answers = 0

  constructor(options: ToyModelOptions = {}) {
    this.id = options.id ?? 'toy'
    this.conversational = options.conversational ?? false
    this.#options = options
  }

  async *generate(prompts: readonly string[], options: GenerateOptions) {
    const { maxTokens, samples = 1, conversation, signal } = options
    const { answers, draw = (prompt) => answers?.get(prompt) ?? ' nothing' } = this.#options
    this.conversation = conversation
    for (const [index, prompt] of [...prompts.entries()].toReversed()) {
      this.#countAnswer(signal)
      this.completed.push(prompt)
      const write = (sample: number) => draw(prompt, sample).split(/(?= )/).slice(0, maxTokens).join('')
      yield { index, completions: Array.from({ length: samples }, (_, sample) => write(sample)) }
    }
  }

  async *score(requests: readonly ScoreRequest[], { signal }: { signal?: AbortSignal } = {}) {
    const { logprob = (_, target) => -target.length } = this.#options
    for (const [index, { prompt, targets }] of [...requests.entries()].toReversed()) {
      this.#countAnswer(signal)
      this.scored.push(prompt)
      const scores = targets.map(
        (target): TargetScore => ({
          logprob: logprob(prompt, target),
          tokens: target.trim().split(' ').length,
        }),
      )
      yield { index, scores }
    }
  }

  async scoring() {
    const { unscorable: reason } = this.#options
    return reason === undefined ? ({ available: true } as const) : ({ available: false, reason } as const)
  }

  async close() {
    this.closed = true
  }

  #countAnswer(signal?: AbortSignal) {
    signal?.throwIfAborted()
    if (this.#answers === this.#options.failAfter) throw new Error('The toy broke.')
    this.#answers++
  }
}
