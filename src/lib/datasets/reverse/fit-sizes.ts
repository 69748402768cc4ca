import type { FactFiles } from './facts.ts'
import { readReverseFacts } from './facts.ts'
import type { ReverseOptions } from './generate.ts'

export type ReverseSizes = Omit<ReverseOptions, 'seed'>

/**
 * The wanted sizes, reduced to the number of facts and templates available. If there are too few templates,
 * training and test keep their ratio, with at least one each.
 */
export async function fitSizes(
  wanted: ReverseSizes,
  files: { [Kind in keyof FactFiles]?: string | undefined },
): Promise<ReverseSizes> {
  const { facts } = await readReverseFacts(files)
  const known = Math.min(facts.names.length, facts.descriptions.length)
  const examplesPerGroup = Math.min(wanted.examplesPerGroup, Math.floor(known / 3))
  const templates = Math.min(facts.p2dTemplates.length, facts.d2pTemplates.length)
  const all = wanted.trainExamples + wanted.testExamples
  if (templates >= all) return { ...wanted, examplesPerGroup }
  const testExamples = Math.max(1, Math.floor((templates * wanted.testExamples) / all))
  return { examplesPerGroup, trainExamples: Math.max(1, templates - testExamples), testExamples }
}
