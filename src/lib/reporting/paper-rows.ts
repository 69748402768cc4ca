import type { Row } from './report.ts'

/** First cells of a row with the paper's numbers, to compare with the user's own. */
export function fromPaper(model: string) {
  return { model: `${model} (paper)`, source: 'paper' } as const
}

export function isFromPaper({ source }: Row): boolean {
  return source === 'paper'
}
