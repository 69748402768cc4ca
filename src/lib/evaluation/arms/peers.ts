import type { PythonRandom } from '../../support/python-random.ts'
import type { HeldOutPrompt } from './held-out-prompts.ts'

/** Finds what other facts of one split have in the place of a prompt's answer. */
export type PeersOf = (prompt: HeldOutPrompt) => HeldOutPrompt[]

/**
 * The prompts of other facts that stem from the same template: they were trained in the same way and are asked for in the
 * same words, so that the fact alone tells their answers from the right one. An answer that several give counts once, and
 * the right one is none of them.
 */
export function peersIn(split: readonly HeldOutPrompt[]): PeersOf {
  const byTemplate = Map.groupBy(split, ({ template }) => template)
  return ({ template, completion, fact }) => {
    const seen = new Set([plain(completion)])
    return (byTemplate.get(template) ?? []).filter((other) => {
      if (other.fact === fact || seen.has(plain(other.completion))) return false
      seen.add(plain(other.completion))
      return true
    })
  }
}

/** At most so many of the peers, drawn; all in their order where there are no more. */
export function drawPeers<T>(peers: readonly T[], most: number, random: PythonRandom): T[] {
  return peers.length <= most ? [...peers] : random.sample(peers, most)
}

function plain(text: string): string {
  return text.trim().normalize('NFC')
}
