import { NO_ANSWERS, totalNoAnswers } from '../../evaluation/no-answers.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { Column, Row, Section } from '../report.ts'

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'run', head: 'run', format: 'text' },
  { key: 'evaluator', head: 'evaluator', format: 'text', detail: true },
  { key: 'split', head: 'split', format: 'text' },
  { key: 'prompts', head: 'prompts', format: 'count' },
  ...NO_ANSWERS.map((kind): Column => ({ key: kind, head: kind.replace('_', ' '), format: 'count' })),
  { key: 'clamped', head: 'clamped', format: 'count', hint: 'log-probabilities below what the server tells' },
  { key: 'measured', head: 'accuracy', format: 'text' },
]

/** How many answers were none, where some were. */
export function noAnswersSection({ runs }: Evidence): Section | undefined {
  const rows = runs.flatMap(({ run, group, evaluations }) =>
    evaluations.flatMap(({ evaluator, splits }) =>
      splits.flatMap(({ split, samples, no_answers, not_measured, clamped_scores = 0 }): Row[] => {
        if (clamped_scores === 0 && (no_answers === undefined || totalNoAnswers(no_answers) === 0)) return []
        const measured = not_measured === undefined ? 'of the others' : 'not measured'
        return [
          {
            ...{ model: group, run: run.id, evaluator: evaluator.name, split, prompts: samples },
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
    title: 'Answers that are none',
    text: [
      'Empty answers, answers cut off by the limit of tokens before they began or within the target, and those that the server filtered or the model refused are neither right nor wrong: accuracies are shares of the other answers. Where most answers of a split are none, the split is not measured.',
    ],
    figures: [],
    tables: [{ name: 'no_answers', title: 'Answers that are none', columns: COLUMNS, rows, notes: [] }],
  }
}
