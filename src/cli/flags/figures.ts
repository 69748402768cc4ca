import { Flags } from '@oclif/core'
import type { FigureLook } from '../../lib/reporting/render-figure.ts'
import { numberFlag } from './common.ts'

const helpGroup = 'FIGURES'

/** How the files of figures look. */
export const figureFlags = {
  title: Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'print the title inside each figure; papers usually have it in the caption',
    helpGroup,
  }),
  width: numberFlag({
    min: 40,
    max: 1000,
    summary: 'width of each figure file in mm, such as 85 for a column; letters keep their size',
    helpGroup,
  }),
}

/** Undefined if the figures look as on the page. */
export function lookOf({
  title,
  width,
}: {
  title: boolean
  width?: number | undefined
}): FigureLook | undefined {
  return title && width === undefined ? undefined : { title, width }
}
