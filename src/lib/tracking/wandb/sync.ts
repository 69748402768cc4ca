import type { WandbDestination } from '../../schemas/wandb.ts'
import { ReversalError } from '../../support/errors.ts'
import { wait } from '../../support/wait.ts'
import type { SyncedRun } from '../tracker.ts'
import type { WandbClient } from './client.ts'
import { streamRun } from './file-stream.ts'
import { planLines } from './plan-lines.ts'
import type { Project, WandbRun } from './queries.ts'
import { createRunFiles, findRun, noSuchRun, upsertRun } from './queries.ts'
import { realizeHistory, showsRecord } from './realize-history.ts'
import type { RunContent } from './run-content.ts'
import type { RunFile } from './run-file.ts'
import { containsValues, writeConfig } from './values.ts'
import { destinationOf, readMemory, writeMemory } from './wandb-memory.ts'

export interface SyncOptions extends Project {
  client: WandbClient
  content: RunContent
  /** Folder where this machine records what it has sent of the run; the caller holds its lock. */
  directory: string
  signal?: AbortSignal | undefined
  now?: (() => Date) | undefined
  /** Waits for W&B's count of lines, which lags by some seconds. */
  settleMs?: readonly number[] | undefined
}

/** W&B's count of lines lags by 2 to 4 seconds. */
const SETTLE_MS = [1000, 2000, 4000]

/**
 * Updates a W&B run to hold `content`, sending only what is missing. Before anything is sent, its place in the history
 * is saved to disk: if it is interrupted at any moment, the next sync sends it to the same place again. Throws
 * InputError WANDB_NO_RUN if the run has no name by which it could be created, WANDB_RUN_DELETED, and what WandbClient
 * throws.
 */
export async function syncRun(options: SyncOptions): Promise<Omit<SyncedRun, 'url'>> {
  const { client, entity, project, content, directory, now = () => new Date() } = options
  const memory = await readMemory(directory)
  const known = destinationOf(memory, { base_url: client.baseUrl, entity, project })
  const save = () => writeMemory(directory, memory)
  Object.assign(known.config, content.setConfig)
  await save()

  const before = await settledRun(known, options)
  if (before === undefined && content.displayName === undefined) throw noSuchRun(options, content.name)
  if (before === undefined) Object.assign(known, { lines: [], files: {}, tags: [] })
  const written = await writeRun(before, known, options)

  known.lines = planLines({
    content,
    lines: known.lines,
    remote: { lines: written.historyLines, lastStep: lastStep(before) },
    shown: (record) => before !== undefined && showsRecord(before.summary, record),
  })
  await save()

  const history = realizeHistory(content, known.lines)
  const files = [...(content.files ?? []), ...history.files].filter(
    ({ name, sha256 }) => known.files[name] !== sha256,
  )
  const summary = { ...history.summary, ...content.summary }
  const streamed =
    history.unsent.length > 0 ||
    files.length > 0 ||
    !containsValues(before?.summary ?? {}, summary) ||
    !hasEnded(before, content)
  if (streamed) {
    await upload(files, options)
    await streamRun({
      client,
      entity,
      project,
      name: content.name,
      lines: history.unsent,
      summary: { ...before?.summary, ...summary, ...history.moment },
      uploaded: files.map(({ name }) => name),
      exitCode: content.exitCode ?? exitCodeOf(before),
    })
  }
  for (const stretch of history.complete) stretch.sent = true
  for (const { name, sha256 } of files) known.files[name] = sha256
  if (content.tags !== undefined) known.tags = [...content.tags]
  known.synced_at = now().toISOString()
  await save()
  return {
    name: content.name,
    created: written.created,
    changed: written.changed || streamed,
    lines: history.unsent.length,
    files: files.length,
  }
}

/**
 * The run as W&B has it, once its line count is reliable: it includes all that was sent, or no longer changes if
 * another machine sent lines. Lines still missing then must be sent again.
 */
async function settledRun(
  known: WandbDestination,
  { client, content, signal, settleMs = SETTLE_MS, ...project }: SyncOptions,
): Promise<WandbRun | undefined> {
  let run = await findRun(client, project, content.name)
  if (content.steps === undefined && content.records === undefined) return run
  const sent = known.lines.filter((stretch) => stretch.sent && stretch.offset !== null)
  const expected = Math.max(0, ...sent.map(({ offset, count }) => offset! + count))
  const ours = known.lines.length > 0 || run?.summary._step === undefined
  let counted = ours ? run?.historyLines : undefined
  for (const ms of settleMs) {
    if (run === undefined || (run.historyLines >= expected && run.historyLines === counted)) return run
    counted = run.historyLines
    await wait(ms, signal)
    run = await findRun(client, project, content.name)
  }
  for (const stretch of sent) stretch.sent = stretch.offset! + stretch.count <= (run?.historyLines ?? 0)
  return run
}

function lastStep(run: WandbRun | undefined): number {
  const step = run?.summary._step
  return typeof step === 'number' ? step : -1
}

/** Creates the run, or updates what differs in config and tags. */
async function writeRun(
  before: WandbRun | undefined,
  known: WandbDestination,
  { client, content, ...project }: SyncOptions,
): Promise<{ historyLines: number; created: boolean; changed: boolean }> {
  const config = { ...content.config, ...known.config }
  const tags = mergeTags(before?.tags ?? [], known.tags, content)
  if (before === undefined) {
    const { displayName, jobType, notes, name } = content
    const change = { displayName, jobType, notes, tags, config: writeConfig(undefined, config) }
    return { ...(await upsertRun(client, project, name, change)), changed: true }
  }
  const newConfig = !containsValues(before.config, config)
  const newTags = tags.length !== before.tags.length || tags.some((tag) => !before.tags.includes(tag))
  const changed = newConfig || newTags
  if (changed) {
    await upsertRun(client, project, content.name, {
      ...(newConfig && { config: writeConfig(before.rawConfig, config) }),
      ...(newTags && { tags }),
    })
  }
  return { historyLines: before.historyLines, created: false, changed }
}

/** Their tags with the changes made here since both sides had the `common` ones. */
function mergeTags(theirs: readonly string[], common: readonly string[], content: RunContent): string[] {
  const { tags = common, tagChange: { add = [], remove = [] } = {} } = content
  const added = [...tags.filter((tag) => !common.includes(tag)), ...add]
  const removed = [...common.filter((tag) => !tags.includes(tag)), ...remove]
  return [...new Set([...theirs, ...added])].filter((tag) => !removed.includes(tag))
}

async function upload(
  files: readonly RunFile[],
  { client, content, ...project }: SyncOptions,
): Promise<void> {
  if (files.length === 0) return
  const names = files.map(({ name }) => name)
  const { urls, headers } = await createRunFiles(client, project, content.name, names)
  const missing = names.find((name) => !urls.has(name))
  if (missing !== undefined) {
    throw new ReversalError(`Weights & Biases gives no address to upload ${missing} to.`, {
      code: 'WANDB_REFUSED',
    })
  }
  for (const { name, content: bytes } of files) await client.put(urls.get(name)!, bytes, headers)
}

/** Whether W&B shows the run's final state. */
function hasEnded(run: WandbRun | undefined, { exitCode }: RunContent): boolean {
  return exitCode === undefined || run?.state === (exitCode === 0 ? 'finished' : 'failed')
}

/** The exit code that keeps an ended run ended. */
function exitCodeOf(run: WandbRun | undefined): number | undefined {
  if (run === undefined || ['running', 'pending'].includes(run.state)) return undefined
  return run.state === 'finished' ? 0 : 1
}
