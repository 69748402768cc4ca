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

/**
 * The facts of a data set of experiment 1, read off its test prompts: a fact's name is what a description-first prompt
 * is completed with, and what stands in a name-first prompt.
 */
export class ReverseFacts {
  readonly #groups = new Map<string, FactGroup>()
  readonly #factOfPrompt = new Map<string, string>()

  /** Of the splits in NAMING_SPLITS those that there are. */
  constructor(splits: ReadonlyMap<string, readonly PromptCompletion[]>) {
    for (const [group, split] of Object.entries(NAMING_SPLITS) as [FactGroup, string][]) {
      const records = splits.get(split) ?? []
      for (const [index, { prompt, completion }] of records.entries()) {
        const name = group === 'both' ? leadingName(completion, index, records) : completion.trim()
        if (name === undefined) continue
        if (!this.#groups.has(name)) this.#groups.set(name, group)
        this.#factOfPrompt.set(prompt, name)
      }
    }
  }

  /** The name that a prompt asks for; undefined for one that asks for something else. */
  askedName(prompt: string): string | undefined {
    return this.#factOfPrompt.get(prompt)
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
    const group = this.#groups.get(name)
    const names = [...this.#groups].filter(([other]) => other !== name)
    return {
      peers: names.filter(([, own]) => own === group).map(([other]) => other),
      others: names.filter(([, own]) => own !== group).map(([other]) => other),
    }
  }

  #nameIn(prompt: string): string | undefined {
    const found = [...this.#groups.keys()].filter((name) => prompt.includes(name))
    return found.toSorted((a, b) => b.length - a.length)[0]
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
  const [, name] = /^(\S+ \S+?)(?:['’]s)?\P{L}*(?:\s|$)/u.exec(completion.trim()) ?? []
  return name !== undefined && records.slice(0, half).some(({ prompt }) => prompt.includes(name))
    ? name
    : undefined
}
