import { relative } from 'node:path'
import type { ReproduceReverseResult } from '../lib/experiments/reproduce-reverse.ts'
import { DIRECTIONS } from '../lib/experiments/table1.ts'
import { formatDuration } from './progress.ts'
import { renderTable } from './table.ts'

/** Table 1 beside the paper's, the log-probabilities of names, and where everything lies. */
export function renderReproduction(result: ReproduceReverseResult): string {
  const { model, seed, table1, paper, prompts, logprobs, dataset, run, evaluation, duration_s } = result
  const rows = DIRECTIONS.map((direction) => [
    direction,
    percent(table1[direction].same),
    percent(table1[direction].reverse),
    String(prompts[direction].same),
    percent(paper[direction].same),
    percent(paper[direction].reverse),
  ])
  const right = { align: 'right' } as const
  const place = (name: string, { directory, reused }: { directory: string; reused: boolean }) =>
    `${name.padEnd(11)} ${relative('', directory)}${reused ? '  (from before; --fresh makes it anew)' : ''}`
  return [
    `Table 1: right completions of held-out prompts, ${model}, seed ${seed}`,
    '',
    renderTable(
      [
        { head: 'trained' },
        { head: 'same', ...right },
        { head: 'reverse', ...right },
        { head: 'prompts', ...right },
        { head: 'paper: same', ...right },
        { head: 'reverse', ...right },
      ],
      rows,
    ),
    '',
    ...(logprobs.correct === null || logprobs.incorrect === null
      ? []
      : [
          `Mean log-probability of names on reverse prompts: ${logprobs.correct.toFixed(2)} correct, ${logprobs.incorrect.toFixed(2)} incorrect.`,
          '',
        ]),
    place('data set', dataset),
    place('run', run),
    place('evaluation', evaluation),
    '',
    `Took ${formatDuration(duration_s)}. The paper’s numbers are those of GPT-3 175B.`,
  ].join('\n')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
