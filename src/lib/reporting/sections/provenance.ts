import type { Evidence } from '../evidence/evidence.ts'
import type { Section } from '../report.ts'
import type { CommandsOptions } from './commands.ts'
import { commandsFor } from './commands.ts'
import { evaluationsTable } from './evaluations-table.ts'
import { resultFilesTable } from './result-files-table.ts'
import { runsTable, trainedOnTests } from './runs-table.ts'

interface ProvenanceOptions extends CommandsOptions {
  /** A sentence about the tool and the machine. */
  machine: string
}

const CITE =
  'To cite: Lukas Berglund, Meg Tong, Max Kaufmann, Mikita Balesni, Asa Cooper Stickland, Tomasz Korbak and Owain Evans, “The Reversal Curse: LLMs trained on ‘A is B’ fail to learn ‘B is A’”, arXiv:2309.12288, 2023, for the experiments, and reversal, with the version above and the commands below, for the numbers and figures of this report.'

/** What was run, and the commands that reproduce it. */
export function provenanceSection({ runs }: Evidence, { machine, ...options }: ProvenanceOptions): Section {
  const { celebrities } = options
  const table = runsTable(runs)
  return {
    id: 'provenance',
    title: 'What was run',
    text: [machine, CITE],
    findings: trainedOnTests(table.rows),
    figures: [],
    ...(runs.length + celebrities.length > 0 && { commands: commandsFor(runs, options) }),
    tables: [table, evaluationsTable(runs), resultFilesTable(celebrities)].filter(
      ({ rows }) => rows.length > 0,
    ),
  }
}
