import { join } from 'node:path'
import { Flags } from '@oclif/core'
import type { ConfigurationReference } from '../../lib/reporting/compare/configured-sides.ts'
import { REPORTS_FOLDER } from '../../lib/reporting/write-report.ts'
import { InputError } from '../../lib/support/errors.ts'
import { asFolderName } from '../../lib/support/folder-name.ts'
import { integerFlag, underscoreAliases } from './common.ts'
import { figureFlags } from './figures.ts'

const several = { multiple: true, multipleNonGreedy: true, default: [] as string[] } as const

export const compareFlags = underscoreAliases({
  tag: Flags.string({
    ...several,
    summary: 'runs of one side; give the flag twice',
  }),
  label: Flags.string({
    ...several,
    summary:
      'runs of one side, by the --label (or --suffix) that they were started with; give the flag twice',
  }),
  evaluator: Flags.string({
    summary: 'evaluator whose evaluations to compare',
    defaultHelp: async () => 'the one that evaluated both sides',
  }),
  measure: Flags.string({
    ...several,
    summary: 'measure to compare, such as logprob; may be repeated',
    defaultHelp: async () => 'prefix_match and logprob',
  }),
  split: Flags.string({
    ...several,
    summary: 'split to compare, with --tag or --label; may be repeated',
    defaultHelp: async () => 'all except those with deliberately incorrect answers',
  }),
  worst: integerFlag({
    default: 5,
    min: 0,
    summary: 'number of disagreements to list for each measure; not with --tag or --label',
  }),
  'output-dir': Flags.string({
    summary:
      'with --tag or --label, directory for comparison.svg, .png, .pdf, .vl.json and .csv, which are replaced',
    defaultHelp: async () => 'reports/FIRST_vs_SECOND',
  }),
  ...figureFlags,
})

export type ComparedSides =
  | { kind: 'runs'; references: readonly [string, string] }
  | {
      kind: 'configurations'
      references: readonly [ConfigurationReference, ConfigurationReference]
      /** Where the figure goes unless the user names another directory. */
      directory: string
    }

/** What to compare. Throws InputError SIDES_UNCLEAR for anything but two runs, two tags or two labels. */
export function chooseSides(
  { first, second }: { first?: string | undefined; second?: string | undefined },
  { tag, label, split, 'output-dir': outputDir, width, title }: Sided,
): ComparedSides {
  const runs = [first, second].filter((own) => own !== undefined)
  const named = [...as('tag', tag), ...as('label', label)]
  if (runs.length === 2 && named.length === 0) {
    if (split.length > 0)
      throw unclear('--split needs --tag or --label: to compare two splits, use RUN/SPLIT RUN/SPLIT.')
    if (outputDir !== undefined || width !== undefined || !title)
      throw unclear(
        '--output-dir, --width and --no-title need --tag or --label: a comparison of two runs has no figure.',
      )
    if (runs[0] === runs[1]) throw unclear(`Both sides are ${runs[0]}: use two different ones.`)
    return { kind: 'runs', references: [runs[0]!, runs[1]!] }
  }
  if (runs.length > 0 && named.length > 0)
    throw unclear('A comparison cannot mix runs with --tag or --label.')
  if (named.length !== 2) {
    const count = named.length > 0 ? named.length : runs.length
    throw unclear(`A comparison needs two sides, not ${count}.`)
  }
  const [own, other] = named as [ConfigurationReference, ConfigurationReference]
  if (own.by === other.by && own.value === other.value)
    throw unclear(`Both sides are the ${own.by} ${own.value}: use two different ones.`)
  return {
    kind: 'configurations',
    references: [own, other],
    directory: join(REPORTS_FOLDER, `${asFolderName(own.value)}_vs_${asFolderName(other.value)}`),
  }
}

interface Sided {
  tag: string[]
  label: string[]
  split: string[]
  'output-dir'?: string | undefined
  width?: number | undefined
  title: boolean
}

function as(by: ConfigurationReference['by'], values: readonly string[]): ConfigurationReference[] {
  return values.map((value) => ({ by, value }))
}

function unclear(message: string): InputError {
  return new InputError(message, {
    code: 'SIDES_UNCLEAR',
    suggestions: [
      'two configurations: reversal eval:compare --tag base --tag cure',
      'two runs: reversal eval:compare RUN_ID OTHER_RUN_ID',
    ],
  })
}
