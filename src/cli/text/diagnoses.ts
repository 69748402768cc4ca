import type { Diagnosis } from '../../lib/finetuning/provider.ts'
import { wrapText } from './table.ts'

/** What a provider has and lacks, each with the fix. */
export function renderDiagnoses(provider: string, diagnoses: readonly Diagnosis[]): string {
  if (diagnoses.length === 0) return `${provider} needs no other software.`
  return diagnoses
    .flatMap(({ what, ok, needed, finding, remedies }) => {
      const mark = ok ? 'ok' : needed ? 'missing' : 'note'
      return [
        wrapText(`${mark.padEnd(7)}  ${what}: ${finding}`),
        ...remedies.map((remedy) => `         ${remedy}`),
      ]
    })
    .join('\n')
}
