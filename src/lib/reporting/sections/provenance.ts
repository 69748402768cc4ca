import type { Evidence } from '../evidence/evidence.ts'
import type { Section } from '../report.ts'
import type { CommandsOptions } from './commands.ts'
import { commandsFor } from './commands.ts'
import { evaluationsTable } from './evaluations-table.ts'
import { resultFilesTable } from './result-files-table.ts'
import { runsTable, trainedOnTests } from './runs-table.ts'

interface ProvenanceOptions extends CommandsOptions {
  /** A sentence on the tool and where it ran. */
  machine: string
}

/** What was run, and the commands that make it again. */
export function provenanceSection({ runs }: Evidence, { machine, ...options }: ProvenanceOptions): Section {
  const { celebrities } = options
  const table = runsTable(runs)
  return {
    id: 'provenance',
    title: 'What was run',
    text: [machine],
    findings: trainedOnTests(table.rows),
    figures: [],
    ...(runs.length + celebrities.length > 0 && { commands: commandsFor(runs, options) }),
    tables: [table, evaluationsTable(runs), resultFilesTable(celebrities)].filter(
      ({ rows }) => rows.length > 0,
    ),
  }
}
