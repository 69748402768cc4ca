import { relative } from 'node:path'
import type { ReverseSizes } from '../../lib/datasets/reverse/fit-sizes.ts'
import { DIRECTIONS } from '../../lib/evaluation/directions.ts'
import { explainNotLearned } from '../../lib/evaluation/learned.ts'
import type { Reproduction } from '../../lib/experiments/reproduce.ts'
import type { CelebritiesEvent } from '../../lib/experiments/reproduce-celebrities.ts'
import type { ReproduceInstructionsResult } from '../../lib/experiments/reproduce-instructions.ts'
import type { BeforeTraining, ReproduceReverseResult } from '../../lib/experiments/reproduce-reverse.ts'
import type { ReproductionEvent, Stage } from '../../lib/experiments/reproduction-event.ts'
import type { Part } from '../../lib/experiments/train-and-evaluate.ts'
import { formatDecimals, formatDuration, formatPercent, plural } from '../../lib/support/numbers.ts'
import { renderNotLearned } from './learned.ts'
import type { TextColumn } from './table.ts'
import { fits, renderTable, terminalWidth, wrapText } from './table.ts'

const right = { align: 'right' } as const
const PROMPTS = 'prompts'
const QUESTIONS = 'questions'

const STAGES: Record<Stage, string> = {
  dataset: 'write the data set',
  before: 'evaluate the model before fine-tuning',
  training: 'train',
  evaluation: 'evaluate',
  report: 'write the report',
}

/** Such as "Step 2 of 4: train" or "Step 5 of 7: train (reverse order)". */
export function describeStep({
  step,
  steps,
  stage,
  subject,
}: Pick<Extract<ReproductionEvent, { type: 'step' }>, 'step' | 'steps' | 'stage' | 'subject'>): string {
  return wrapText(`Step ${step} of ${steps}: ${STAGES[stage]}${subject === '' ? '' : ` (${subject})`}`)
}

const CELEBRITY_STAGES: Record<CelebritiesStep['stage'], string> = {
  search: 'look for pairs in the model’s answers',
  test: 'ask for parents and children',
  report: 'write the report',
}

type CelebritiesStep = Extract<CelebritiesEvent, { type: 'step' }>

/** Such as "Step 1 of 2: ask for parents and children". */
export function describeCelebritiesStep({ step, steps, stage }: CelebritiesStep): string {
  return wrapText(`Step ${step} of ${steps}: ${CELEBRITY_STAGES[stage]}`)
}

/** The sizes that the user's own facts allow, if smaller than the recipe's. */
export function renderFitted({ examplesPerGroup, trainExamples, testExamples }: ReverseSizes): string {
  return wrapText(
    `Your facts are enough for three groups of ${examplesPerGroup}, with ${plural(trainExamples, 'template')} to train on and ${testExamples} to test on.`,
  )
}

/** The result of an experiment with one seed. */
export function renderReproduction(result: Reproduction): string {
  return result.experiment === 'reverse' ? renderReverse(result) : renderInstructions(result)
}

/** Table 1 next to the paper's, the log-probabilities of names, and all paths. */
function renderReverse(result: ReproduceReverseResult): string {
  const { model, seed, logprobs, before, dataset, run, evaluation, duration_s } = result
  return [
    wrapText(`Table 1: right completions of held-out prompts, ${model}, seed ${seed}`),
    '',
    renderTable1(result),
    '',
    ...(before === undefined ? [] : [...renderInContext(before.in_context), '']),
    ...withBlank(renderNotLearned(result.learned, { proposedEpochs: result.proposed_epochs })),
    ...(logprobs.correct === null || logprobs.incorrect === null
      ? []
      : [
          wrapText(
            `Mean log-probability of names on reverse prompts: ${formatDecimals(logprobs.correct, 2)} correct, ${formatDecimals(logprobs.incorrect, 2)} incorrect.`,
          ),
          '',
        ]),
    ...withBlank(result.epochs_reason === undefined ? [] : [wrapText(result.epochs_reason)]),
    describePart('data set', dataset),
    ...(before === undefined
      ? []
      : [
          describePart('before', before.evaluation),
          describePart('in context', before.in_context.evaluation),
        ]),
    describePart('run', run),
    describePart('evaluation', evaluation),
    '',
    wrapText(`Took ${formatDuration(duration_s)}. The paper’s numbers are for GPT-3 175B.`),
  ].join('\n')
}

/** For a pretrained model, with its results before fine-tuning. */
function renderTable1({ table1, paper, prompts, before }: ReproduceReverseResult): string {
  const columns = [
    { head: 'trained', least: 8 },
    ...(before === undefined
      ? [
          { head: 'same', ...right },
          { head: 'reverse', ...right },
        ]
      : [
          { head: 'same: before', ...right },
          { head: 'after', ...right },
          { head: 'reverse: before', ...right },
          { head: 'after', ...right },
        ]),
    { head: PROMPTS, ...right },
    { head: 'paper: same', ...right },
    { head: 'reverse', ...right },
  ]
  const rows = DIRECTIONS.map((direction) => [
    direction,
    ...(['same', 'reverse'] as const).flatMap((order) => [
      ...(before === undefined ? [] : [formatPercent(before.table1[direction][order])]),
      formatPercent(table1[direction][order]),
    ]),
    String(prompts[direction].same),
    formatPercent(paper[direction].same),
    formatPercent(paper[direction].reverse),
  ])
  return renderResults(columns, rows)
}

/** The control of Table 5. */
function renderInContext({ reverse, prompts, paper }: BeforeTraining['in_context']): string[] {
  return [
    wrapText('Asked in reverse with the fact in the prompt, before fine-tuning (Table 5)'),
    '',
    renderResults(
      [
        { head: 'told as', least: 8 },
        { head: 'reverse', ...right },
        { head: PROMPTS, ...right },
        { head: 'paper: reverse', ...right },
      ],
      DIRECTIONS.map((direction) => [
        direction,
        reverse[direction] === null ? 'not measured' : formatPercent(reverse[direction]),
        String(prompts[direction]),
        formatPercent(paper[direction]),
      ]),
    ),
  ]
}

/** Accuracy in both orders next to the paper's, and all paths. */
function renderInstructions(result: ReproduceInstructionsResult): string {
  const { model, seed, realized, unrealized, prompts, parts, duration_s } = result
  return [
    wrapText(`Experiment 3: right answers to questions, ${model}, seed ${seed}`),
    '',
    renderResults(
      [
        { head: 'guidance and example', least: 9 },
        { head: 'same order', ...right },
        { head: 'reverse order', ...right },
        { head: QUESTIONS, ...right },
        { head: 'paper: same', ...right },
        { head: 'reverse', ...right },
      ],
      [
        [
          'both trained',
          formatPercent(realized.same),
          formatPercent(realized.reverse),
          String(prompts.realized),
          '',
          '',
        ],
        [
          'guidance alone',
          formatPercent(unrealized.same),
          formatPercent(unrealized.reverse),
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
      `Took ${formatDuration(duration_s)}. The paper’s numbers are for Llama models of 7 to 30 billion parameters.`,
    ),
  ].join('\n')
}

function withBlank(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines, '']
}

/** On a narrow terminal, the number of prompts is left out. */
function renderResults(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const width = terminalWidth()
  const full = renderTable(columns, rows)
  if (width === undefined || fits(full, width)) return full
  const detail = columns.findIndex(({ head }) => head === PROMPTS || head === QUESTIONS)
  return renderTable(
    columns.toSpliced(detail, 1),
    rows.map((row) => row.toSpliced(detail, 1)),
    { width },
  )
}

function describePart(name: string, { directory, reused }: Part): string {
  return wrapText(
    `${name.padEnd(20)} ${relative('', directory)}${reused ? '  (reused; --fresh makes a new one)' : ''}`,
  )
}
