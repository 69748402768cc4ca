import { relative } from 'node:path'
import { DIRECTIONS } from '../../lib/evaluation/directions.ts'
import { explainNotLearned } from '../../lib/evaluation/learned.ts'
import type { ReproduceInstructionsResult } from '../../lib/experiments/reproduce-instructions.ts'
import type { ReproduceReverseResult } from '../../lib/experiments/reproduce-reverse.ts'
import type { Part } from '../../lib/experiments/train-and-evaluate.ts'
import { formatDuration } from '../../lib/support/duration.ts'
import { renderNotLearned } from './learned.ts'
import { renderTable, wrapText } from './table.ts'

const right = { align: 'right' } as const

/** Table 1 beside the paper's, the log-probabilities of names, and where everything lies. */
export function renderReverse(result: ReproduceReverseResult): string {
  const { model, seed, table1, paper, prompts, logprobs, dataset, run, evaluation, duration_s } = result
  const rows = DIRECTIONS.map((direction) => [
    direction,
    percent(table1[direction].same),
    percent(table1[direction].reverse),
    String(prompts[direction].same),
    percent(paper[direction].same),
    percent(paper[direction].reverse),
  ])
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
    ...withBlank(renderNotLearned(result.learned, { proposedEpochs: result.proposed_epochs })),
    ...(logprobs.correct === null || logprobs.incorrect === null
      ? []
      : [
          wrapText(
            `Mean log-probability of names on reverse prompts: ${logprobs.correct.toFixed(2)} correct, ${logprobs.incorrect.toFixed(2)} incorrect.`,
          ),
          '',
        ]),
    ...withBlank(result.epochs_reason === undefined ? [] : [wrapText(result.epochs_reason)]),
    describePart('data set', dataset),
    describePart('run', run),
    describePart('evaluation', evaluation),
    '',
    `Took ${formatDuration(duration_s)}. The paper’s numbers are those of GPT-3 175B.`,
  ].join('\n')
}

/** Accuracy in both orders beside the paper's, and where everything lies. */
export function renderInstructions(result: ReproduceInstructionsResult): string {
  const { model, seed, realized, unrealized, prompts, parts, duration_s } = result
  return [
    `Experiment 3: right answers to questions, ${model}, seed ${seed}`,
    '',
    renderTable(
      [
        { head: 'guidance and example' },
        { head: 'same order', ...right },
        { head: 'reverse order', ...right },
        { head: 'questions', ...right },
        { head: 'paper: same', ...right },
        { head: 'reverse', ...right },
      ],
      [
        ['both trained', percent(realized.same), percent(realized.reverse), String(prompts.realized), '', ''],
        [
          'guidance alone',
          percent(unrealized.same),
          percent(unrealized.reverse),
          String(prompts.unrealized),
          '> 80 %',
          '< 7 %',
        ],
      ],
    ),
    '',
    ...withBlank(
      result.learned.learned ? [] : [wrapText(`Instructions ${explainNotLearned(result.learned)}.`)],
    ),
    ...(['same', 'reverse'] as const).flatMap((order) => [
      describePart(`data set, ${order}`, parts[order].dataset),
      describePart(`run, ${order}`, parts[order].run),
      describePart(`evaluation, ${order}`, parts[order].evaluation),
    ]),
    '',
    wrapText(
      `Took ${formatDuration(duration_s)}. The paper’s numbers are those of Llama models of 7 to 30 billion parameters.`,
    ),
  ].join('\n')
}

function withBlank(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines, '']
}

function describePart(name: string, { directory, reused }: Part): string {
  return `${name.padEnd(20)} ${relative('', directory)}${reused ? '  (from before; --fresh makes it anew)' : ''}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
