import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { TextFinder } from '../support/text-finder.ts'

/** The three groups of facts: trained name first, description first, and in both orders. */
export type FactGroup = 'p2d' | 'd2p' | 'both'

/** The splits whose completions are names, or start with one. */
export const NAMING_SPLITS: Readonly<Record<FactGroup, string>> = {
  p2d: 'p2d_reverse_prompts_test',
  d2p: 'd2p_prompts_test',
  both: 'both_prompts_test',
}

/** The fact that a prompt is about, identified by its name, and the prompt's place among that fact's prompts. */
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
 * The facts of a data set of experiment 1, inferred from its test prompts: a fact's name is the completion of a
 * description-first prompt, and occurs in a name-first prompt. Two Unicode forms of a name are the same.
 */
export class ReverseFacts {
  /** By the name in normal form. */
  readonly #names = new Map<string, KnownName>()
  /** The name of the fact by the prompt in normal form. */
  readonly #factOfPrompt = new Map<string, string>()
  /** The names in order of appearance, and what finds them in prompts. */
  readonly #inOrder: readonly KnownName[]
  readonly #finder: TextFinder

  /** `splits` are those of NAMING_SPLITS that exist. */
  constructor(splits: ReadonlyMap<string, readonly PromptCompletion[]>) {
    for (const [group, split] of Object.entries(NAMING_SPLITS) as [FactGroup, string][]) {
      const records = splits.get(split) ?? []
      const names =
        group === 'both' ? leadingNames(records) : records.map(({ completion }) => completion.trim())
      for (const [index, name] of names.entries()) {
        if (name === undefined) continue
        const known = this.#names.get(normal(name)) ?? { name, group }
        this.#names.set(normal(name), known)
        this.#factOfPrompt.set(normal(records[index]!.prompt), known.name)
      }
    }
    this.#inOrder = [...this.#names.values()]
    this.#finder = new TextFinder([...this.#names.keys()])
  }

  /** The name that a prompt asks for; undefined if it asks for something else. */
  askedName(prompt: string): string | undefined {
    return this.#factOfPrompt.get(normal(prompt))
  }

  /** The fact and the template of each prompt of a split; undefined if it has no known name. */
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

  /**
   * All other names: those trained in the same way, and the rest. A fact that a transform stated in both orders on
   * purpose was trained in another way than the others of its group.
   */
  incorrectNames(
    name: string,
    isTold: (name: string) => boolean = () => false,
  ): { peers: string[]; others: string[] } {
    const group = this.#names.get(normal(name))?.group
    const told = isTold(name)
    const isPeer = (known: KnownName) => known.group === group && isTold(known.name) === told
    const incorrect = [...this.#names].filter(([other]) => other !== normal(name)).map(([, known]) => known)
    return {
      peers: incorrect.filter((known) => isPeer(known)).map((known) => known.name),
      others: incorrect.filter((known) => !isPeer(known)).map((known) => known.name),
    }
  }

  /** The longest name in a prompt; of several, the first. */
  #nameIn(prompt: string): string | undefined {
    const found = this.#finder.find(normal(prompt)).map((number) => this.#inOrder[number]!)
    return found.reduce<KnownName | undefined>(
      (longest, known) =>
        longest === undefined || normal(known.name).length > normal(longest.name).length ? known : longest,
      undefined,
    )?.name
  }
}

/**
 * The name (first and last) at the start of the completion of each description-first prompt of the group `both`. These
 * prompts are the second half of their file; the first half's prompts, which are name first, contain the same names.
 */
function leadingNames(records: readonly PromptCompletion[]): (string | undefined)[] {
  const half = records.length / 2
  const names = records.map(({ completion }, index) => {
    if (index < half) return undefined
    // A combining mark, such as an accent or a vowel sign, belongs to the letter before it.
    return /^(\S+ \S+?)(?:['’]s)?[^\p{L}\p{M}]*(?:\s|$)/u.exec(completion.trim())?.[1]
  })
  const different = [...new Set(names.flatMap((name) => (name === undefined ? [] : normal(name))))]
  const finder = new TextFinder(different)
  const held = new Set<string>()
  for (const { prompt } of records.slice(0, half)) {
    for (const number of finder.find(normal(prompt))) held.add(different[number]!)
  }
  return names.map((name) => (name !== undefined && held.has(normal(name)) ? name : undefined))
}

function normal(text: string): string {
  return text.normalize('NFC')
}
