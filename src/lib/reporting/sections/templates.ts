import { DIRECTION_SPLITS, DIRECTIONS } from '../../evaluation/directions.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import { intervalFigures, SAME_AND_REVERSE } from '../interval-figure.ts'
import type { Section } from '../report.ts'
import { directionScores, estimateShare, pool } from './pooled.ts'

/** How much the accuracy depends on the words of the prompt: a row for each configuration and held-out template. */
export function templatesSection({ runs }: Evidence): Section | undefined {
  const groups = byGroup(runs)
  const rows = groups.flatMap(([model, members]) =>
    DIRECTIONS.flatMap((trained) =>
      (['same', 'reverse'] as const).flatMap((order) =>
        templateRows(members, DIRECTION_SPLITS[trained][order]).map((row) => ({
          ...{ model, trained, order },
          ...row,
        })),
      ),
    ),
  )
  if (rows.length === 0) return undefined
  const several = new Set(rows.map(({ model }) => model)).size > 1
  return {
    id: 'templates',
    title: 'Accuracy of each held-out template',
    text: [
      'The same facts in other wordings, over the runs of a configuration. A model that answers only in some templates has learned the facts together with their wording.',
    ],
    figures: intervalFigures({
      name: 'templates',
      title: 'Accuracy by held-out template',
      caption: 'Accuracy of each held-out template with 95 % intervals. The table shows the templates.',
      marks: rows.map(({ model, trained, order, template, right, low, high }) => ({
        ...{ label: String(template), panel: several ? `${model}: ${trained}` : trained, series: order },
        ...{ value: right, low, high },
      })),
      shape: 'point',
      series: SAME_AND_REVERSE,
      axis: { title: 'accuracy', unit: 'percent' },
    }),
    tables: [
      {
        name: 'templates',
        title: 'Accuracy of each held-out template',
        columns: [
          { key: 'model', head: 'model', format: 'text' },
          { key: 'trained', head: 'trained', format: 'text' },
          { key: 'order', head: 'asked', format: 'text' },
          { key: 'template', head: 'no.', format: 'count' },
          { key: 'words', head: 'template', format: 'text' },
          { key: 'right', head: 'accuracy', format: 'percent', interval: ['low', 'high'] },
          { key: 'prompts', head: 'prompts', format: 'count' },
        ],
        rows,
        notes: [
          '… stands for the name or the description. Intervals are 95 %: each prompt asks for another fact.',
        ],
      },
    ],
  }
}

function templateRows(runs: readonly RunEvidence[], split: string) {
  const numbers = new Set(
    runs.flatMap(({ directions }) =>
      (directions?.splits.get(split) ?? []).flatMap(({ template }) => template ?? []),
    ),
  )
  return [...numbers]
    .toSorted((a, b) => a - b)
    .map((template) => {
      const pooled = pool(directionScores(runs), split, (score) =>
        score.template === template ? score.right : null,
      )
      const { estimate, low, high } = estimateShare(pooled)
      return {
        template,
        words: wordsOf(runs, split, template),
        right: estimate,
        low,
        high,
        prompts: pooled.values.length,
      }
    })
}

/** The common text of a template's prompts, cut at whole words. */
function wordsOf(runs: readonly RunEvidence[], split: string, template: number): string | null {
  const frame = runs
    .map(({ directions }) => directions?.templates.get(`${split} ${template}`))
    .find((own) => own !== undefined)
  if (frame === undefined) return null
  // Where there is one prompt, nothing tells what in it is of the template.
  if (frame.start === frame.end) return frame.start || null
  const start = frame.start.replace(/\S+$/, '')
  const end = frame.end.replace(/^[^\s.,:;!?]+/, '')
  return start === '' && end === '' ? null : `${start}…${end}`
}
