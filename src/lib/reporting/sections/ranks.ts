import { mean } from '../../statistics/samples.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import type { PromptScore } from '../evidence/prompt-scores.ts'
import { intervalFigures } from '../interval-figure.ts'
import type { Column, Row, Section } from '../report.ts'
import { colour } from '../theme.ts'
import { FEW, percent } from './finding-words.ts'
import { groupsWithoutNames } from './learned.ts'
import { directionScores, estimatePool, meanOrNull, pool } from './pooled.ts'

const ASKED_IN_REVERSE = 'NameToDescription, reverse'

/** The splits that ask for a name, in words. */
const ASKED: readonly { split: string; title: string }[] = [
  { split: 'p2d_reverse_prompts_test', title: ASKED_IN_REVERSE },
  { split: 'd2p_prompts_test', title: 'DescriptionToName, same' },
  { split: 'both_prompts_test', title: 'both directions, same' },
]

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'asked', head: 'trained, asked', format: 'text' },
  {
    key: 'names',
    head: 'names',
    format: 'count',
    detail: true,
    hint: 'the right one and all incorrect ones',
  },
  {
    key: 'rank',
    head: 'mean rank',
    format: 'ratio',
    interval: ['rank_low', 'rank_high'],
    hint: '1 is best',
  },
  { key: 'reciprocal_rank', head: 'mean reciprocal rank', format: 'ratio', detail: true },
  {
    key: 'chance',
    head: 'by chance',
    format: 'ratio',
    detail: true,
    hint: 'mean reciprocal rank in random order',
  },
  {
    key: 'win_rate',
    head: 'win rate',
    format: 'percent',
    detail: true,
    hint: 'incorrect names that the right one beats',
  },
  {
    ...{ key: 'peer_win_rate', head: 'win rate among peers', format: 'percent' },
    interval: ['peer_low', 'peer_high'],
    hint: 'against names of facts trained in the same way; 50 % is chance',
  },
  { key: 'per_token', head: 'log-probability per token', format: 'nats', detail: true },
  { key: 'prompts', head: 'prompts', format: 'count', detail: true },
]

/** Rank of the right name among all names, which is more informative than a comparison with one random name. */
export function ranksSection({ runs }: Evidence): Section | undefined {
  const rows = byGroup(runs)
    .flatMap(([group, members]) => ASKED.map((asked) => tableRow(group, asked, members)))
    .filter((row) => row !== undefined)
  if (rows.length === 0) return undefined
  const unknown = groupsWithoutNames(runs)
  return {
    id: 'ranks',
    findings: winRates(rows.filter(({ model }) => !unknown.has(model))),
    title: 'The right name among all names',
    text: [
      'After each prompt that asks for a name, the log-probability of every name of the data set was measured. The win rate is the share of incorrect names that the right one beats. Names that were trained at the end of sentences are more likely there after any prompt, so the fair comparison is with peers: names of facts trained in the same way, where 50 % is chance.',
    ],
    figures: intervalFigures({
      name: 'ranks',
      title: 'Win rate of the right name among its peers',
      caption:
        'How often the right name is more likely than a peer’s. The dashed line is chance; intervals are clustered by fact.',
      marks: rows.map(({ model, asked, peer_win_rate, peer_low, peer_high }) => ({
        ...{ label: model, panel: asked, series: 'win rate' },
        ...{ value: peer_win_rate, low: peer_low, high: peer_high },
      })),
      shape: 'point',
      series: [{ name: 'win rate', colour: colour('same') }],
      axis: { title: 'win rate', unit: 'percent' },
      reference: 0.5,
    }),
    tables: [
      {
        name: 'ranks',
        title: 'Rank of the right name by log-probability',
        columns: COLUMNS,
        rows,
        notes: ['Intervals are 95 % and clustered by fact.'],
      },
    ],
  }
}

function tableRow(group: string, { split, title }: (typeof ASKED)[number], runs: readonly RunEvidence[]) {
  const of = (measure: (ranking: NonNullable<PromptScore['ranking']>) => number | null) =>
    pool(directionScores(runs), split, ({ ranking }) => ranking && measure(ranking))
  const rank = of((ranking) => ranking.rank)
  if (rank.values.length === 0) return undefined
  const names = Math.round(mean(of((ranking) => ranking.names).values))
  const ranks = estimatePool(rank)
  const peers = estimatePool(of((ranking) => ranking.peerWinRate))
  return {
    model: group,
    asked: title,
    names,
    rank: ranks.estimate,
    rank_low: ranks.low,
    rank_high: ranks.high,
    reciprocal_rank: meanOrNull(of((ranking) => ranking.reciprocalRank).values),
    chance: harmonic(names) / names,
    win_rate: meanOrNull(of((ranking) => ranking.winRate).values),
    peer_win_rate: peers.estimate,
    peer_low: peers.low,
    peer_high: peers.high,
    per_token: meanOrNull(
      pool(directionScores(runs), split, ({ ranking, logprobPerToken }) =>
        ranking === null ? null : logprobPerToken,
      ).values,
    ),
    prompts: rank.values.length,
  }
}

function harmonic(n: number): number {
  let sum = 0
  for (let i = 1; i <= n; i++) sum += 1 / i
  return sum
}

/** Findings from the ranks on reverse prompts, for a few configurations. */
function winRates(rows: readonly Row[]): string[] {
  const reverse = rows.filter(({ asked }) => asked === ASKED_IN_REVERSE)
  if (reverse.length > FEW) return []
  return reverse.map(({ model, peer_win_rate: rate, peer_low: low, peer_high: high }) => {
    const interval = low === null ? '' : ` (95 % interval ${percent(low)} to ${percent(high)})`
    return `On reverse prompts of ${model} the right name is more likely than ${percent(rate)}${interval} of the names trained like it; chance is 50 %.`
  })
}
