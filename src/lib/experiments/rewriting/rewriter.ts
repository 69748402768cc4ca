import type { Filling } from '../../datasets/reverse/create.ts'
import type { Placeholder } from '../../datasets/reverse/generate.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import { isWithheld } from '../../models/openai/known-answers.ts'
import { answerCost } from '../../models/openai/prices.ts'
import { tokenCounter } from '../../models/openai/token-counter.ts'
import type { ResponseCache } from '../../models/response-cache.ts'
import { withoutThought } from '../../models/without-thought.ts'
import type { PriceTable } from '../../schemas/prices.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { asCompleted } from '../../support/as-completed.ts'
import { InterruptedError } from '../../support/errors.ts'
import type { Check } from '../../support/jsonl.ts'
import type { Refusal } from './read-rewriting.ts'
import { readRewriting } from './read-rewriting.ts'
import { rewritingPrompt, SHARED_PROMPT } from './rewriting-prompt.ts'
import type { Sentence } from './sentences.ts'
import { sentenceKey } from './sentences.ts'

export interface RewriterOptions {
  model: LanguageModel
  /** As the user calls it, which is how prices know it. */
  name: string
  sentences: readonly Sentence[]
  prices: PriceTable
  /** Cache of answers, so that none is paid for twice; without it, all sentences are requested again. */
  cache?: ResponseCache | undefined
}

/** The estimate for rewriting all sentences. */
export interface RewritingEstimate {
  sentences: number
  /** Number of sentences whose answers are known. */
  known: number
  /** Tokens in and, about, out. */
  tokens: { input: number; output: number }
  /** United States dollars; null if unknown, 0 on this machine. */
  costUsd: number | null
  /** The basis of the cost, or why it is unknown: a sentence. */
  costBasis?: string
}

export interface RewritingProgress {
  done: number
  total: number
}

/** Room for a sentence of any data set. */
const MAX_TOKENS = 120
const CACHE_READS = 64

/** The sentences of a data set as a model wrote them. */
export interface Rewriting extends Filling {
  sentences: number
  /** How many are as the template has them, by the reason. */
  refusals: Partial<Record<Refusal, number>>
}

/** Has a model put facts into templates, as the original's authors did (arXiv 2309.12288, appendix B.1). */
export class Rewriter {
  readonly #options: RewriterOptions
  /** Answers by the positions of their sentences. */
  readonly #answers: Map<number, string>

  private constructor(options: RewriterOptions, answers: Map<number, string>) {
    this.#options = options
    this.#answers = answers
  }

  /** Looks up which answers are known. */
  static async open(options: RewriterOptions): Promise<Rewriter> {
    const { model, sentences, cache } = options
    const answers = new Map<number, string>()
    const reading = asCompleted(sentences.entries(), { limit: CACHE_READS }, async ([index, sentence]) => {
      const entry = await cache?.get<{ text: string }>(questionOf(model, sentence), checkAnswer)
      return [index, entry?.text] as const
    })
    for await (const [index, text] of reading) if (text !== undefined) answers.set(index, text)
    return new Rewriter(options, answers)
  }

  async estimate(): Promise<RewritingEstimate> {
    const { model, name, sentences, prices } = this.#options
    const counts = { sentences: sentences.length, known: this.#answers.size }
    const missing = this.#missing().map((index) => sentences[index]!)
    const tokens = { input: 0, output: 0 }
    if (!model.hosted || missing.length === 0) return { ...counts, tokens, costUsd: 0 }
    const count = await tokenCounter(name)
    const shared = count(SHARED_PROMPT)
    for (const sentence of missing) {
      const { prompt, completion } = sentence.plain
      tokens.input += shared + count(rewritingPrompt(sentence).slice(SHARED_PROMPT.length))
      tokens.output += count(prompt + completion)
    }
    return { ...counts, tokens, ...answerCost(prices, name, tokens) }
  }

  /**
   * Requests missing sentences. Each answer is stored as it arrives, so that an interrupted rewriting continues from
   * there.
   */
  async rewrite({
    signal,
    onProgress,
  }: {
    signal: AbortSignal
    onProgress?: (progress: RewritingProgress) => unknown
  }): Promise<Rewriting> {
    const { model, sentences, cache } = this.#options
    const missing = this.#missing()
    const prompts = missing.map((index) => rewritingPrompt(sentences[index]!))
    try {
      const options = { maxTokens: MAX_TOKENS, temperature: 0, stop: ['\n'], signal }
      for await (const { index, completions, endings } of model.generate(prompts, options)) {
        const place = missing[index]!
        const { text } = withoutThought(completions[0]!)
        // A filtered prompt may be answered another time.
        const kept = !isWithheld(endings?.[0])
        if (kept) await cache?.set(questionOf(model, sentences[place]!), { text }, { model: model.id })
        this.#answers.set(place, text)
        await onProgress?.({ done: this.#answers.size, total: sentences.length })
      }
    } catch (error) {
      if (!(error instanceof InterruptedError) || cache === undefined) throw error
      throw new InterruptedError('Interrupted: all sentences so far are kept.')
    }
    return this.#filling()
  }

  #missing(): number[] {
    return [...this.#options.sentences.keys()].filter((index) => !this.#answers.has(index))
  }

  /** Sentences that are refused stay as the template has them. */
  #filling(): Rewriting {
    const { model, sentences } = this.#options
    const records = new Map<string, PromptCompletion>()
    const refusals: Partial<Record<Refusal, number>> = {}
    const accepted = new Map<string, PromptCompletion[]>()
    for (const [index, sentence] of sentences.entries()) {
      const { template, fact, last } = sentence
      const of = sentenceKey('', fact, last)
      const others = accepted.get(of) ?? []
      const reading = readRewriting(sentence, this.#answers.get(index)!)
      const refusal =
        'refusal' in reading
          ? reading.refusal
          : others.some((other) => isLike(reading.record, other, last))
            ? 'it is like another sentence'
            : undefined
      if (refusal !== undefined) refusals[refusal] = (refusals[refusal] ?? 0) + 1
      const record = 'record' in reading && refusal === undefined ? reading.record : sentence.plain
      records.set(sentenceKey(template, fact, last), record)
      accepted.set(of, [...others, record])
    }
    return {
      sentences: sentences.length,
      refusals,
      fill: (...sentence) => records.get(sentenceKey(...sentence))!,
      options: { fill: 'llm', fill_model: model.id, rewritten: sentences.length - sum(refusals), refusals },
    }
  }
}

/** Two sentences of a fact must not be the same, and none may start with the prompt of another. */
function isLike(record: PromptCompletion, other: PromptCompletion, last: Placeholder): boolean {
  const [text, otherText] = [record, other].map(({ prompt, completion }) => prompt + completion) as [
    string,
    string,
  ]
  // Prompts that end with the name are the templates' own.
  if (last === '<description>') return text === otherText
  return otherText.startsWith(`${record.prompt} `) || text.startsWith(`${other.prompt} `)
}

function sum(counts: Partial<Record<Refusal, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

const checkAnswer: Check = (value) =>
  typeof (value as { text?: unknown } | null)?.text === 'string' ? undefined : '"text" must be a string'

function questionOf(model: LanguageModel, sentence: Sentence) {
  return {
    purpose: 'rewriting',
    model: model.id,
    prompt: rewritingPrompt(sentence),
    maxTokens: MAX_TOKENS,
  }
}
