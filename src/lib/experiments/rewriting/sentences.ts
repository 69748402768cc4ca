import type {
  Fact,
  Fill,
  Placeholder,
  ReverseMaterial,
  ReverseOptions,
} from '../../datasets/reverse/generate.ts'
import { fillTemplate, generateReverseDataset } from '../../datasets/reverse/generate.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'

/** A sentence of the data set: a template with a fact inserted unchanged. */
export interface Sentence {
  template: string
  fact: Fact
  last: Placeholder
  plain: PromptCompletion
}

/** All distinct sentences of a data set, in the order of use. */
export function listSentences(facts: ReverseMaterial, options: ReverseOptions): Sentence[] {
  const sentences = new Map<string, Sentence>()
  const note: Fill = (template, fact, last) => {
    const plain = fillTemplate(template, fact, last)
    sentences.set(sentenceKey(template, fact, last), { template, fact, last, plain })
    return plain
  }
  // Records are made while they are read.
  for (const records of Object.values(generateReverseDataset(facts, options, note))) {
    for (const _record of records);
  }
  return [...sentences.values()]
}

export function sentenceKey(...[template, { name, description }, last]: Parameters<Fill>): string {
  return JSON.stringify([template, name, description, last])
}
