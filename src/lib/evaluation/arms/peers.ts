import { PythonRandom } from '../../support/python-random.ts'
import type { EvaluationSample } from '../evaluator.ts'
import type { HeldOutPrompt } from './held-out-prompts.ts'
import { CELL_SPLITS, readHeldOutPrompts } from './held-out-prompts.ts'

/** Finds what other facts of a prompt's split have in the place of its answer. */
export type PeersOf = (prompt: HeldOutPrompt) => HeldOutPrompt[]

/**
 * The prompts of other facts that come from the same template: these facts were trained in the same way and are asked
 * for in the same words, so that only the fact distinguishes their answers from the right one. An answer that several
 * prompts share counts once, and the right one is excluded.
 */
function peersIn(prompts: readonly HeldOutPrompt[]): PeersOf {
  const place = ({ told, template }: HeldOutPrompt) => `${told} ${template}`
  const byPlace = Map.groupBy(prompts, place)
  return (asked) => {
    const { completion, fact } = asked
    const seen = new Set([plain(completion)])
    return (byPlace.get(place(asked)) ?? []).filter((other) => {
      if (other.fact === fact || seen.has(plain(other.completion))) return false
      seen.add(plain(other.completion))
      return true
    })
  }
}

/** Draws up to `most` of the peers; if there are no more, all of them in their order. */
export function drawPeers<T>(peers: readonly T[], most: number, random: PythonRandom): T[] {
  return peers.length <= most ? [...peers] : random.sample(peers, most)
}

function plain(text: string): string {
  return text.trim().normalize('NFC')
}

/** The samples of a data set of experiment 1, made split by split; the draws of each split start from the seed. */
export async function sampleCells(
  directory: string,
  {
    splits = CELL_SPLITS,
    seed,
    make,
  }: {
    splits?: readonly string[] | undefined
    seed: number
    make: (
      prompts: readonly HeldOutPrompt[],
      own: { split: string; peersOf: PeersOf; random: PythonRandom },
    ) => EvaluationSample[]
  },
): Promise<EvaluationSample[]> {
  const prompts = await readHeldOutPrompts(directory)
  return splits.flatMap((split) => {
    const own = prompts.get(split) ?? []
    return make(own, { split, peersOf: peersIn(own), random: new PythonRandom(seed) })
  })
}
