import { resolve } from 'node:path'
import type { FoundCelebrities, TestedCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { findCelebrities, testCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import { reportRuns } from '../../lib/reporting/report-runs.ts'
import { commandLine } from '../../lib/support/command-line.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { CelebsModelFlags, PairsFlags, SearchFlags } from '../flags/celebs.ts'
import { defaultOutput, displayName, fileName, pairsOptions, searchOptions } from '../flags/celebs.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { renderFound } from '../text/celebrities.ts'
import { renderReport } from '../text/report.ts'
import { askVisibly } from './ask-about-celebrities.ts'

export interface CelebritiesReproduction extends TestedCelebrities {
  experiment: 'celebrities'
  model: string
  /** What was found in the model's own answers; null where the pairs were given. */
  found: Pick<FoundCelebrities, 'file' | 'celebrities' | 'comparison'> | null
  report: { directory: string; page: string; findings: string[] }
  duration_s: number
}

interface ReproduceFlags extends CelebsModelFlags, PairsFlags, SearchFlags {
  find: boolean
  fresh: boolean
}

/** Experiment 2 from pairs, given or found, to the report. Its files have names of their own and are replaced. */
export async function reproduceCelebrities(
  command: BaseCommand,
  flags: ReproduceFlags,
): Promise<CelebritiesReproduction> {
  const start = performance.now()
  const shared = { overwrite: true, fresh: flags.fresh }
  const output = (suffix: string) => resolve(defaultOutput(flags, `reproduced_${suffix}`))
  const search = flags.find ? await searchOptions(flags) : undefined
  const { found, tested } = await askVisibly(command, flags, async (asking) => {
    const found =
      search && (await findCelebrities({ ...asking, ...shared, ...search, output: output('pairs') }))
    if (found) command.logToStderr(renderFound(found))
    const pairs = pairsOptions({ ...flags, pairs: found?.file ?? flags.pairs })
    const tested = await testCelebrities({
      ...asking,
      ...shared,
      ...pairs,
      output: output('test_results'),
      // The file of pairs that were just found is not the user's.
      ...(found && { onWarning: undefined }),
    })
    return { found, tested }
  })
  const written = await reportRuns({
    store: new RunStore(command.home),
    runs: [],
    celebrityFiles: [tested.file],
    celebritiesCommand: commandLine('reproduce:celebrities', {
      args: command.argv.filter((arg) => arg !== '--json'),
    }),
    cwd: process.cwd(),
    name: `reproduce-celebrities-${fileName(flags)}`,
    toolVersion: command.config.version,
    now: new Date(),
  })
  command.log(renderReport(written))
  const { directory, page, report } = written
  return {
    experiment: 'celebrities',
    model: displayName(flags['model-name']),
    found: found ? { file: found.file, celebrities: found.celebrities, comparison: found.comparison } : null,
    ...tested,
    report: { directory, page, findings: report.findings },
    duration_s: (performance.now() - start) / 1000,
  }
}
