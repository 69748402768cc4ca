import type { RefreshRunsOptions } from '../../lib/finetuning/refresh-runs.ts'
import { refreshRuns } from '../../lib/finetuning/refresh-runs.ts'
import { clusterOptions } from '../flags/cluster-finetune.ts'
import type { ServerFlags } from '../flags/server.ts'
import { serverOptions } from '../flags/server.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { loadExtensions } from '../shell/extensions.ts'

/** Asks servers for the status of hosted runs and tells the user which requests failed. */
export async function refreshVisibly(
  command: BaseCommand,
  {
    flags,
    ...options
  }: Pick<RefreshRunsOptions, 'store' | 'runs' | 'remote' | 'discover'> &
    Partial<Pick<RefreshRunsOptions, 'providers'>> & { flags: ServerFlags },
): Promise<string[]> {
  const notes = await refreshRuns({
    providers: async () => (await loadExtensions(command.config)).providers,
    ...options,
    server: await serverOptions(flags),
    cluster: await clusterOptions(),
    toolVersion: command.config.version,
    signal: command.interrupt,
  })
  for (const note of notes) command.logToStderr(note)
  return notes
}
