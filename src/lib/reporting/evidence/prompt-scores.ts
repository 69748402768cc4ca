import { readCompleteJournal } from '../../evaluation/complete-journal.ts'
import { DIRECTION_SPLITS } from '../../evaluation/directions.ts'
import type { Evaluator } from '../../evaluation/evaluator.ts'
import { rescore } from '../../evaluation/rescore.ts'
import type { EvaluationSummary, ScoredSample } from '../../schemas/evaluation.ts'
import { sha256 } from '../../support/files.ts'
import { labeller } from './labeller.ts'

/** The scores of one prompt. */
export interface PromptScore {
  /** Identifies what it asks for, which several prompts may share: in experiment 1 a fact, by name. */
  fact: string
  /** From 1; prompts of other facts with the same number stem from the same template. */
  template: number | null
  target: string
  /**
   * Whether the completion starts with the target: 1 or 0; null if there is no answer, or its split is not measured.
   */
  right: number | null
  /** The completion of a reverse prompt. */
  answer?: string
  /** Log-probability of the target, in nats. */
  logprob: number | null
  logprobPerToken: number | null
  /** Rank of the right name among all; null unless all names were scored. */
  ranking: Ranking | null
}

interface Ranking {
  names: number
  rank: number
  reciprocalRank: number
  winRate: number | null
  peerWinRate: number | null
  /** Log-probability of an incorrect name, drawn for each fact among those trained in the same way. */
  incorrect: number | null
}

export interface PromptScores {
  /** Identifies the data set, so that facts of different seeds are distinct. */
  dataset: string
  splits: Map<string, PromptScore[]>
  /** The common text of the prompts of each template, by `SPLIT TEMPLATE`. */
  templates: Map<string, Frame>
  /** Number of answers that today's rules score differently from the version that journaled them. */
  outdated: number
}

/** The common start and end of texts. */
export interface Frame {
  start: string
  end: string
}

/** The splits whose answers are kept. */
const REVERSE: ReadonlySet<string> = new Set(Object.values(DIRECTION_SPLITS).map(({ reverse }) => reverse))

/**
 * Reads the scores of a complete evaluation from its journal, as a stream: they take a fraction of the file's size. Throws
 * InputError BAD_JSONL, and JOURNAL_CHANGED if journal and summary do not agree.
 */
export async function readPromptScores({
  journal,
  summary,
  evaluator,
}: {
  journal: string
  summary: EvaluationSummary
  /** The evaluator that made it. */
  evaluator: Evaluator
}): Promise<PromptScores> {
  // Their accuracy says nothing, as most of their prompts got no answer.
  const unmeasured = new Set(summary.splits.flatMap((own) => (own.not_measured ? [own.split] : [])))
  const splits = new Map<string, PromptScore[]>()
  const templates = new Map<string, Frame>()
  let outdated = 0
  const intern = labeller((text: string) => text)
  for await (const batch of readCompleteJournal(journal, summary)) {
    for (const sample of batch) {
      if (rescore(evaluator, sample) !== sample) outdated++
      const score = readScore(sample, intern, { measured: !unmeasured.has(sample.split) })
      const own = splits.get(sample.split)
      if (own === undefined) splits.set(intern(sample.split), [score])
      else own.push(score)
      const key = `${sample.split} ${score.template}`
      templates.set(key, narrow(templates.get(key), sample.prompt))
    }
  }
  return { dataset: summary.dataset.hash, splits, templates, outdated }
}

function readScore(
  sample: ScoredSample,
  intern: (text: string) => string,
  { measured }: { measured: boolean },
): PromptScore {
  const { target, measures, metadata = {} } = sample
  const { fact, template } = metadata
  return {
    fact: intern(typeof fact === 'string' ? fact : sample.prompt),
    template: typeof template === 'number' ? template : null,
    target: intern(target),
    right: measured ? (measures.prefix_match ?? null) : null,
    ...(REVERSE.has(sample.split) &&
      sample.completions[0] !== undefined && { answer: sample.completions[0] }),
    logprob: measures.logprob ?? null,
    logprobPerToken: measures.logprob_per_token ?? null,
    ranking: readRanking(sample),
  }
}

function readRanking({ measures, metadata = {}, scores }: ScoredSample): Ranking | null {
  const { rank, reciprocal_rank: reciprocalRank, win_rate: winRate, peer_win_rate: peerWinRate } = measures
  const { fact, peers, name } = metadata
  if (typeof rank !== 'number' || typeof reciprocalRank !== 'number' || !scores) return null
  // If the target continues after the name, its score comes before those of the names.
  const names = name === undefined ? scores : scores.slice(1)
  const drawn =
    typeof fact === 'string' && typeof peers === 'number' && peers > 0 ? drawPeer(fact, peers) : undefined
  return {
    names: names.length,
    rank,
    reciprocalRank,
    winRate: winRate ?? null,
    peerWinRate: peerWinRate ?? null,
    incorrect: drawn === undefined ? null : (names[1 + drawn]?.logprob ?? null),
  }
}

const drawn = new Map<string, number>()

/** Draws one of the peers at random, but the same for all prompts of a fact. */
function drawPeer(fact: string, peers: number): number {
  const number = drawn.get(fact) ?? Number.parseInt(sha256(fact).slice(0, 8), 16)
  drawn.set(fact, number)
  return number % peers
}

/** Reduces a frame to what a further text shares with it. */
function narrow(frame: Frame | undefined, text: string): Frame {
  if (frame === undefined) return { start: text, end: text }
  const { start, end } = frame
  if (text.startsWith(start) && text.endsWith(end)) return frame
  let same = 0
  while (same < start.length && start[same] === text[same]) same++
  let last = 0
  while (last < end.length && end.at(-1 - last) === text.at(-1 - last)) last++
  return { start: start.slice(0, same), end: end.slice(end.length - last) }
}
