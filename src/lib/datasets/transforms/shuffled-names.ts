import type { DatasetFact } from '../dataset-facts.ts'
import { rewritingArm } from './arm.ts'
import { EntityFinder } from './entities.ts'

/**
 * A control: each name is assigned to another fact stated in the same order, never its own. Berglund et al. (arXiv
 * 2309.12288, appendix B.8) train on such a shuffled set: a cure must do more than additional text of the same form.
 */
export const shuffledNames = rewritingArm({
  name: 'shuffled-names',
  summary: 'control: the same examples with names assigned to wrong facts (arXiv 2309.12288, B.8)',
  needs: 'facts',
  mode: 'replace',
  options: {
    beginning: {
      type: 'string',
      minLength: 1,
      description: 'only examples that begin with this text, such as [reversed]',
    },
  },
  rewrite: ({ options, random, facts }) => {
    const dealt = new Map<string, string>()
    for (const group of Map.groupBy(facts, ({ order, relation }) => `${order} ${relation}`).values()) {
      for (const [from, to] of dealNames(group, (items) => random.shuffle(items))) dealt.set(from, to)
    }
    const finder = new EntityFinder(dealt.keys())
    const replace = (text: string) => {
      let end = 0
      let made = ''
      for (const span of finder.find(text)) {
        made += text.slice(end, span.start) + dealt.get(span.entity)!
        end = span.end
      }
      return made + text.slice(end)
    }
    return (record) => {
      const { prompt, completion } = record
      if (options.beginning !== undefined && !(prompt + completion).startsWith(String(options.beginning))) {
        return undefined
      }
      const made = { ...record, prompt: replace(prompt), completion: replace(completion) }
      return made.prompt === prompt && made.completion === completion ? undefined : made
    }
  },
})

/** Replaces each name by the next one in a random cycle, so that none stays in place. */
function dealNames(facts: readonly DatasetFact[], shuffle: (items: string[]) => void): [string, string][] {
  const names = [...new Set(facts.map(({ name }) => name))]
  shuffle(names)
  return names.length < 2
    ? []
    : names.map((name, index): [string, string] => [name, names[(index + 1) % names.length]!])
}
