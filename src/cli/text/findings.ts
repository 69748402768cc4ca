import { basename } from 'node:path'
import type { Finding } from '../../lib/datasets/finding.ts'
import { describeHeldOut } from '../../lib/datasets/held-out.ts'
import type { DatasetValidation, FileValidation } from '../../lib/datasets/validate-dataset.ts'
import { plural } from '../../lib/support/numbers.ts'
import { wrapText } from './table.ts'

/** How many findings of one rule and file are shown; a broken file would otherwise fill the screen. */
const SHOWN = 5

/** The findings on a data set, one per line, shortened if there are many of one kind. */
export function renderFindings({ findings, kind, valid }: DatasetValidation): string {
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  const verdict = valid ? `A valid data set of the kind ${kind}` : `Not a valid data set of the kind ${kind}`
  return [
    ...findingLines(findings),
    `${verdict}: ${plural(findings.length - warnings, 'error')}, ${plural(warnings, 'warning')}.`,
  ].join('\n')
}

/** How much held-out data of a data set a training file contains. */
export function renderFileValidation({ findings, valid, file, against, ...held }: FileValidation): string {
  const verdict = valid
    ? `${basename(file)} holds no test prompt of ${basename(against)}, and no fact in the held-out order.`
    : `${basename(file)} ${describeHeldOut(held)}: results of ${basename(against)} on these are no evidence.`
  return [...findingLines(findings), wrapText(verdict)].join('\n')
}

function findingLines(findings: readonly Finding[]): string[] {
  const alike = Map.groupBy(findings, ({ severity, rule, file }) => `${severity} ${rule} ${file}`)
  return [...alike.values()].flatMap((group) => {
    const shown = group.slice(0, SHOWN).map(({ severity, file, line, message }) => {
      const place = line === undefined ? file : `${file}:${line}`
      return `${severity}: ${place} ${message}`
    })
    const rest = group.length - shown.length
    return rest > 0
      ? [...shown, `  … and ${rest} more of this kind in ${group[0]!.file} (--json shows all)`]
      : shown
  })
}
