import type { DatasetValidation } from '../lib/datasets/validate.ts'
import { plural } from '../lib/support/plural.ts'

/** Findings of one rule and file that are shown in full; a broken file would else scroll everything away. */
const SHOWN = 5

/** What is wrong with a data set, a line each, the many of one kind cut short. */
export function renderFindings({ findings, kind, valid }: DatasetValidation): string {
  const alike = Map.groupBy(findings, ({ severity, rule, file }) => `${severity} ${rule} ${file}`)
  const lines = [...alike.values()].flatMap((group) => {
    const shown = group.slice(0, SHOWN).map(({ severity, file, line, message }) => {
      const place = line === undefined ? file : `${file}:${line}`
      return `${severity}: ${place} ${message}`
    })
    const rest = group.length - shown.length
    return rest > 0
      ? [...shown, `  … and ${rest} more of this kind in ${group[0]!.file} (--json shows all)`]
      : shown
  })
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  const verdict = valid ? `A valid data set of the kind ${kind}` : `Not a valid data set of the kind ${kind}`
  return [
    ...lines,
    `${verdict}: ${plural(findings.length - warnings, 'error')}, ${plural(warnings, 'warning')}.`,
  ].join('\n')
}
