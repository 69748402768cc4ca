import type { Row } from './report.ts'

/** The head of a row that holds the paper's numbers, to stand beside one's own. */
export function fromPaper(model: string) {
  return { model: `${model} (paper)`, source: 'paper' } as const
}

export function isFromPaper({ source }: Row): boolean {
  return source === 'paper'
}
