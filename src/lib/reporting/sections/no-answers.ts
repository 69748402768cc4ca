import { labelSplit } from '../../datasets/reverse/split-labels.ts'
import { NO_ANSWERS, totalNoAnswers } from '../../evaluation/no-answers.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { Column, Row, Section } from '../report.ts'

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'run', head: 'run', format: 'text' },
  { key: 'evaluator', head: 'evaluator', format: 'text', detail: true },
  { key: 'asked', head: 'asked', format: 'text' },
  { key: 'split', head: 'split', format: 'text', detail: true },
  { key: 'prompts', head: 'prompts', format: 'count' },
  ...NO_ANSWERS.map((kind): Column => ({ key: kind, head: kind.replace('_', ' '), format: 'count' })),
  {
    key: 'clamped',
    head: 'clamped',
    format: 'count',
    hint: 'log-probabilities lower than the server reports',
  },
  { key: 'measured', head: 'accuracy', format: 'text' },
]

/** How many prompts got no answer, if any. */
export function noAnswersSection({ runs }: Evidence): Section | undefined {
  const rows = runs.flatMap(({ run, group, evaluations }) =>
    evaluations.flatMap(({ evaluator, splits }) =>
      splits.flatMap(({ split, samples, no_answers, not_measured, clamped_scores = 0 }): Row[] => {
        if (clamped_scores === 0 && (no_answers === undefined || totalNoAnswers(no_answers) === 0)) return []
        const measured = not_measured === undefined ? 'of the others' : 'not measured'
        return [
          {
            ...{ model: group, run: run.id, evaluator: evaluator.name },
            ...{ asked: labelSplit(split).label, split, prompts: samples },
            ...no_answers,
            ...{ clamped: clamped_scores, measured },
          },
        ]
      }),
    ),
  )
  if (rows.length === 0) return undefined
  return {
    id: 'no-answers',
    title: 'Prompts without an answer',
    text: [
      'Some answers are neither right nor wrong, and accuracies leave them out: empty answers, answers cut off by the token limit before they began or within the target, and answers that the server filtered or the model refused. A split is not measured if most of its prompts got no answer.',
    ],
    figures: [],
    tables: [{ name: 'no_answers', title: 'Prompts without an answer', columns: COLUMNS, rows, notes: [] }],
  }
}
