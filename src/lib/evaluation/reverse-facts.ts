import type { PromptCompletion } from '../schemas/prompt-completion.ts'

/** The three groups of facts: trained name first, description first, and in both orders. */
export type FactGroup = 'p2d' | 'd2p' | 'both'

/** The splits whose completions are names, or go on after one. */
export const NAMING_SPLITS: Readonly<Record<FactGroup, string>> = {
  p2d: 'p2d_reverse_prompts_test',
  d2p: 'd2p_prompts_test',
  both: 'both_prompts_test',
}

/** What is known of a prompt: the fact it is about, known by its name, and its place among that fact's prompts. */
export interface PromptFact {
  fact: string
  /** From 1; prompts of other facts with the same number stem from the same template. */
  template: number
}

/** A fact's name as its data set first writes it. */
interface KnownName {
  name: string
  group: FactGroup
}

/**
 * The facts of a data set of experiment 1, read off its test prompts: a fact's name is what a description-first prompt
 * is completed with, and what stands in a name-first prompt. A name in two of Unicode's forms is one.
 */
export class ReverseFacts {
  /** By the name in normal form. */
  readonly #names = new Map<string, KnownName>()
  /** The name of the fact by the prompt in normal form. */
  readonly #factOfPrompt = new Map<string, string>()

  /** Of the splits in NAMING_SPLITS those that there are. */
  constructor(splits: ReadonlyMap<string, readonly PromptCompletion[]>) {
    for (const [group, split] of Object.entries(NAMING_SPLITS) as [FactGroup, string][]) {
      const records = splits.get(split) ?? []
      for (const [index, { prompt, completion }] of records.entries()) {
        const name = group === 'both' ? leadingName(completion, index, records) : completion.trim()
        if (name === undefined) continue
        const known = this.#names.get(normal(name)) ?? { name, group }
        this.#names.set(normal(name), known)
        this.#factOfPrompt.set(normal(prompt), known.name)
      }
    }
  }

  /** The name that a prompt asks for; undefined for one that asks for something else. */
  askedName(prompt: string): string | undefined {
    return this.#factOfPrompt.get(normal(prompt))
  }

  /** The fact of each prompt of a split, and its template; undefined where no known name belongs to it. */
  describe(prompts: readonly string[]): (PromptFact | undefined)[] {
    const seen = new Map<string, number>()
    return prompts.map((prompt) => {
      const asked = this.askedName(prompt)
      const fact = asked ?? this.#nameIn(prompt)
      if (fact === undefined) return undefined
      const series = `${asked === undefined ? 'name' : 'description'} first, ${fact}`
      const template = (seen.get(series) ?? 0) + 1
      seen.set(series, template)
      return { fact, template }
    })
  }

  /** All names but one: those trained in the same way as it, and the others. */
  incorrectNames(name: string): { peers: string[]; others: string[] } {
    const group = this.#names.get(normal(name))?.group
    const incorrect = [...this.#names].filter(([other]) => other !== normal(name)).map(([, known]) => known)
    return {
      peers: incorrect.filter((known) => known.group === group).map((known) => known.name),
      others: incorrect.filter((known) => known.group !== group).map((known) => known.name),
    }
  }

  #nameIn(prompt: string): string | undefined {
    const text = normal(prompt)
    const found = [...this.#names.keys()].filter((name) => text.includes(name))
    const [longest = ''] = found.toSorted((a, b) => b.length - a.length)
    return this.#names.get(longest)?.name
  }
}

/**
 * The name (first and last) that the completion of a description-first prompt of the group `both` begins with. Such
 * prompts are the second half of their file, and the first half's prompts, which are name first, hold the same names.
 */
function leadingName(
  completion: string,
  index: number,
  records: readonly PromptCompletion[],
): string | undefined {
  const half = records.length / 2
  if (index < half) return undefined
  // A mark belongs to the letter before it, be it an accent or a vowel.
  const [, name] = /^(\S+ \S+?)(?:['’]s)?[^\p{L}\p{M}]*(?:\s|$)/u.exec(completion.trim()) ?? []
  return name !== undefined &&
    records.slice(0, half).some(({ prompt }) => normal(prompt).includes(normal(name)))
    ? name
    : undefined
}

function normal(text: string): string {
  return text.normalize('NFC')
}
