import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { TextFinder } from '../../support/text-finder.ts'
import type { Finding } from '../finding.ts'
import { errorIn } from '../finding.ts'
import type { HELD_OUT_FILES } from './recognize.ts'

type HeldOutName = (typeof HELD_OUT_FILES)[number]

/** Finds tests in training sentences, which are read one by one. Texts must be in Unicode's normal form C. */
export class TrainedTests {
  readonly #places: { name: HeldOutName; line: number }[] = []
  readonly #prompts: string[] = []
  /** Prompts with their answers, without the punctuation at the end. */
  readonly #answered: string[] = []
  readonly #names = { p2d: new Set<string>(), d2p: new Set<string>() }
  #finders: { answered: TextFinder; prompts: TextFinder; told: readonly ToldNames[] } | undefined
  /** The first line that holds an answered prompt, by its number. */
  readonly #answers = new Map<number, number>()
  /** The first sentence, in alphabetical order, that starts with a prompt, by the prompt's number. */
  readonly #begun = new Map<number, { sentence: string; line: number }>()
  /** Facts that are stated in the direction in which they are tested: a p2d name completed, or a d2p name prompted. */
  readonly reversed: Finding[] = []

  add({ prompt, completion }: PromptCompletion, name: HeldOutName, line: number): void {
    this.#places.push({ name, line })
    this.#prompts.push(prompt)
    this.#answered.push((prompt + completion).replace(/[\p{P}\s]+$/u, ''))
    if (name === 'p2d_reverse_prompts_test') this.#names.p2d.add(completion.trim())
    if (name === 'd2p_prompts_test') this.#names.d2p.add(completion.trim())
  }

  /** To be called once all that is held out has been added. */
  seek(record: PromptCompletion, line: number): void {
    this.#finders ??= {
      answered: new TextFinder(this.#answered),
      prompts: new TextFinder(this.#prompts),
      told: [
        toldNames(this.#names.p2d, 'completion', 'states the name-first fact of'),
        toldNames(this.#names.d2p, 'prompt', 'states the description-first fact of'),
      ],
    }
    const { answered, prompts, told } = this.#finders
    const sentence = record.prompt + record.completion
    for (const number of answered.find(sentence)) {
      if (!this.#answers.has(number)) this.#answers.set(number, line)
    }
    for (const number of prompts.findAtStart(sentence)) {
      const before = this.#begun.get(number)
      if (before === undefined || sentence < before.sentence) this.#begun.set(number, { sentence, line })
    }
    for (const { names, finder, part, message } of told) {
      const [first] = finder.find(record[part])
      if (first === undefined) continue
      this.reversed.push(
        errorIn('all.jsonl', line, 'reversed', `${message} ${names[first]} in the held-out order`),
      )
    }
  }

  /** Held-out prompts that start a training sentence, or occur in one with their answer. */
  *leaks(): Generator<Finding> {
    for (const [number, { name, line }] of this.#places.entries()) {
      const trained = this.#answers.get(number) ?? this.#begun.get(number)?.line
      if (trained === undefined) continue
      yield errorIn(`${name}.jsonl`, line, 'leak', `is a training example, line ${trained} of all.jsonl`)
    }
  }
}

interface ToldNames {
  names: readonly string[]
  finder: TextFinder
  part: 'prompt' | 'completion'
  message: string
}

function toldNames(group: ReadonlySet<string>, part: ToldNames['part'], message: string): ToldNames {
  const names = [...group]
  return { names, finder: new TextFinder(names), part, message }
}
