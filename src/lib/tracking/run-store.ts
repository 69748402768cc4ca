import { readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { schemaCheck } from '../schemas/compile.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { evaluationSummarySchema } from '../schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'
import { runEventSchema, runRecordSchema } from '../schemas/run.ts'
import { withOwnStatus } from '../schemas/run-status.ts'
import { InputError } from '../support/errors.ts'
import { appendLines, directoryNames, exists, writeJson } from '../support/files.ts'
import { readJsonl, readJsonlFrom } from '../support/jsonl.ts'
import { acquireLock, isLocked } from '../support/lock.ts'
import { fateOf } from '../support/process-identity.ts'
import { readRecord } from '../support/record.ts'
import { RecordIndex } from './record-index.ts'

const checkRun = schemaCheck(runRecordSchema)
const checkEvent = schemaCheck(runEventSchema)
const checkSummary = schemaCheck(evaluationSummarySchema)

/** A change of a record takes milliseconds; a lock held longer than this is stuck. */
const LOCK_WAIT_MS = 5000

/** Statuses of runs that a process works on: it trains them, or submits them to a server. */
const UNDER_WAY: ReadonlySet<string> = new Set(['running', 'pending'])
const WORK_LOCKS = ['train.lock', 'submit.lock']

/** Temporary file of a process that was killed while it wrote a record. */
const CUT_OFF = /^run\.json\.[\da-f-]{36}\.tmp$/
const CUT_OFF_MS = 60_000

interface DamageOptions {
  /** Called for each damaged record, which is then left out. */
  onDamaged?: ((error: InputError) => void) | undefined
}

/** The runs on this machine: `HOME/runs/RUN_ID/` with run.json, events.jsonl, model/ and evaluations/. */
export class RunStore {
  readonly home: string
  /** Last step in the events of a run that this process logs for; one process at a time does. */
  readonly #lastSteps = new Map<string, number>()
  #isSwept = false
  #index: Promise<RecordIndex> | undefined

  constructor(home: string) {
    this.home = home
  }

  /** Folder of a run. */
  directory(id: string): string {
    return join(this.home, 'runs', id)
  }

  /** Holds a folder for each evaluation of a run. */
  evaluationsDirectory(id: string): string {
    return join(this.directory(id), 'evaluations')
  }

  /** Holds a folder for each evaluation of a model that no run made. */
  get modelEvaluationsDirectory(): string {
    return join(this.home, 'evaluations')
  }

  async save(run: RunRecord): Promise<void> {
    const problem = checkRun(run)
    if (problem !== undefined) throw new Error(`The run ${run.id} cannot be stored: ${problem}.`)
    const directory = this.directory(run.id)
    const isNew = !(await exists(directory))
    if (isNew) await this.#sweep()
    try {
      await writeJson(this.#file(run.id), run)
    } catch (error) {
      if (isNew) await rmdir(directory).catch(() => {})
      throw error
    }
  }

  /** Reads, changes and writes a record under a lock, so that no other process's change is lost. */
  async update(id: string, change: (run: RunRecord) => RunRecord): Promise<RunRecord> {
    await using _lock = await acquireLock(join(this.directory(id), 'run.lock'), { waitMs: LOCK_WAIT_MS })
    const changed = change(await this.#read(id))
    await this.save(changed)
    return changed
  }

  /** The run with this ID, or with the only ID that starts with it. */
  async get(reference: string): Promise<RunRecord> {
    const id = await this.resolve(reference)
    if (id === undefined) {
      throw new InputError(`There is no run ${reference}: reversal runs:list --all shows all.`, {
        code: 'RUN_NOT_FOUND',
      })
    }
    return this.#withLiveStatus(await this.#read(id))
  }

  /** Resolves an ID or a unique prefix of one; undefined if no run has it. */
  async resolve(reference: string): Promise<string | undefined> {
    const candidates = (await this.folders()).filter((name) => name.startsWith(reference))
    const present = await Promise.all(candidates.map((id) => exists(this.#file(id))))
    const ids = candidates.filter((_, index) => present[index])
    if (ids.includes(reference)) return reference
    if (ids.length > 1) {
      throw new InputError(`${reference} can mean ${ids.join(' or ')}: give more of the ID.`, {
        code: 'RUN_AMBIGUOUS',
      })
    }
    return ids[0]
  }

  /** The run with exactly this ID; undefined if there is none. */
  async find(id: string): Promise<RunRecord | undefined> {
    const run = await this.#load(id)
    return run && this.#withLiveStatus(run)
  }

  /** Names of all runs' folders; a folder need not hold a run of this machine. */
  async folders(): Promise<string[]> {
    return directoryNames(join(this.home, 'runs'))
  }

  /** All runs, newest first. A damaged record throws InputError BAD_RECORD, unless `onDamaged` is given. */
  async list({ onDamaged }: DamageOptions = {}): Promise<RunRecord[]> {
    const names = await this.folders()
    if (names.length === 0) return []
    const index = await this.#openIndex()
    const read = (name: string) => index.read<RunRecord>(this.#file(name), checkRun)
    const stored = await readAll(names, read, onDamaged)
    await index.save(names)
    const runs = await Promise.all(stored.map((run) => (isUnderWay(run) ? this.#withLiveStatus(run) : run)))
    // The times of a store are all written alike, and `localeCompare` takes milliseconds at its first use.
    return runs.toSorted((a, b) => Number(a.created_at < b.created_at) - Number(a.created_at > b.created_at))
  }

  /** Appends events, leaving out steps that are already logged. */
  async log(runId: string, events: readonly RunEvent[]): Promise<void> {
    const stepOf = ({ type, step = -1 }: RunEvent) => (type === 'step' ? step : -1)
    const highest = (list: readonly RunEvent[], start: number) =>
      list.reduce((last, event) => Math.max(last, stepOf(event)), start)
    const last = this.#lastSteps.get(runId) ?? highest(await this.events(runId), -1)
    const fresh = events.filter((event) => event.type !== 'step' || stepOf(event) > last)
    if (fresh.length > 0)
      await appendLines(
        this.#events(runId),
        fresh.map((event) => JSON.stringify(event)),
      )
    this.#lastSteps.set(runId, highest(fresh, last))
  }

  async events(runId: string): Promise<RunEvent[]> {
    if (!(await exists(this.#events(runId)))) return []
    return readJsonl<RunEvent>(this.#events(runId), { check: checkEvent, allowEmpty: true, journal: true })
  }

  /** Events after the first `from` bytes of the log, and how many bytes have now been read. */
  async eventsFrom(runId: string, from: number): Promise<{ events: RunEvent[]; bytes: number }> {
    const path = this.#events(runId)
    const { records: events, bytes } = await readJsonlFrom<RunEvent>(path, { from, check: checkEvent })
    return { events, bytes }
  }

  async tag(
    runId: string,
    { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<RunRecord> {
    return this.update(runId, (run) => {
      const tags = new Set([...run.tags, ...add])
      for (const tag of remove) tags.delete(tag)
      return { ...run, tags: [...tags] }
    })
  }

  /** The evaluations of a run. A damaged summary throws InputError BAD_RECORD, unless `onDamaged` is given. */
  async evaluations(runId: string, { onDamaged }: DamageOptions = {}): Promise<EvaluationSummary[]> {
    const folder = this.evaluationsDirectory(runId)
    const read = (id: string) => readRecord<EvaluationSummary>(join(folder, id, 'summary.json'), checkSummary)
    return readAll(await directoryNames(folder), read, onDamaged)
  }

  /** The evaluations of models that no run trained. Damaged summaries are handled as those of a run. */
  async modelEvaluations({ onDamaged }: DamageOptions = {}): Promise<EvaluationSummary[]> {
    const folder = this.modelEvaluationsDirectory
    const read = (id: string) => readRecord<EvaluationSummary>(join(folder, id, 'summary.json'), checkSummary)
    return readAll(await directoryNames(folder), read, onDamaged)
  }

  /** The evaluations of those runs that have any, by run ID. Damaged summaries are handled as those of a run. */
  async evaluationsOf(
    runs: readonly Pick<RunRecord, 'id'>[],
    { onDamaged }: DamageOptions = {},
  ): Promise<Map<string, EvaluationSummary[]>> {
    if (runs.length === 0) return new Map()
    const index = await this.#openIndex()
    const evaluations = new Map<string, EvaluationSummary[]>()
    const readOf = async (id: string, names: readonly string[]) => {
      const folder = this.evaluationsDirectory(id)
      const read = (name: string) =>
        index.read<EvaluationSummary>(join(folder, name, 'summary.json'), checkSummary)
      const found = await readAll(names, read, onDamaged)
      if (found.length > 0) evaluations.set(id, found)
    }
    await Promise.all(
      runs.map(({ id }) => {
        const names = index.folderNames(this.evaluationsDirectory(id))
        if (names instanceof Promise) return names.then((own) => readOf(id, own))
        return names.length === 0 ? undefined : readOf(id, names)
      }),
    )
    await index.save(await this.folders())
    return evaluations
  }

  /** Removes the run's folder; of one that is a link, the link. */
  async delete(runId: string): Promise<void> {
    await rm(this.directory(runId), { recursive: true, force: true })
  }

  #openIndex(): Promise<RecordIndex> {
    this.#index ??= RecordIndex.open({
      file: join(this.home, 'runs.index'),
      root: join(this.home, 'runs'),
      version: JSON.stringify([runRecordSchema, evaluationSummarySchema]),
    })
    return this.#index
  }

  /** Removes folders of processes that were killed before they had written anything about their run. */
  async #sweep(): Promise<void> {
    if (this.#isSwept) return
    this.#isSwept = true
    for (const id of await this.folders()) {
      if (await exists(this.#file(id))) continue
      const directory = this.directory(id)
      await removeCutOff(directory).catch(() => {})
      // Fails, as it should, if the folder is not empty.
      await rmdir(directory).catch(() => {})
    }
  }

  /** A run that the process which works on it left behind without a word was interrupted. */
  async #withLiveStatus(run: RunRecord): Promise<RunRecord> {
    if (!isUnderWay(run)) return run
    const fate = fateOf(run.process)
    const alive = fate === 'alive' || (fate === 'unknown' && (await this.#isWorkedOn(run.id)))
    return alive ? run : { ...run, status: 'interrupted' }
  }

  /** A process that works on a run holds its lock. */
  async #isWorkedOn(id: string): Promise<boolean> {
    const held = await Promise.all(WORK_LOCKS.map((name) => isLocked(join(this.directory(id), name))))
    return held.includes(true)
  }

  async #read(id: string): Promise<RunRecord> {
    const run = await this.#load(id)
    if (run === undefined) throw new InputError(`There is no run ${id}.`, { code: 'RUN_NOT_FOUND' })
    return run
  }

  async #load(id: string): Promise<RunRecord | undefined> {
    const check = (record: unknown) => checkRun(withOwnStatus(record))
    const run = await readRecord<RunRecord>(this.#file(id), check)
    return run && withOwnStatus(run)
  }

  #file(id: string): string {
    return join(this.directory(id), 'run.json')
  }

  #events(id: string): string {
    return join(this.directory(id), 'events.jsonl')
  }
}

/** Whether the record says that a process works on the run. */
function isUnderWay(run: RunRecord): run is RunRecord & Required<Pick<RunRecord, 'process'>> {
  return UNDER_WAY.has(run.status) && run.process !== undefined
}

/** Removes a first record that was never written to its end; one takes milliseconds. */
async function removeCutOff(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    if (!CUT_OFF.test(name) || Date.now() - (await stat(path)).mtimeMs < CUT_OFF_MS) continue
    await rm(path, { force: true })
  }
}

/** Reads all records; a damaged one is passed to `onDamaged`, if given. */
async function readAll<T>(
  names: readonly string[],
  read: (name: string) => T | undefined | Promise<T | undefined>,
  onDamaged: DamageOptions['onDamaged'],
): Promise<T[]> {
  const leaveOut = (error: unknown) => {
    if (onDamaged === undefined || !(error instanceof InputError)) throw error
    onDamaged(error)
    return undefined
  }
  const records = await Promise.all(
    names.map((name) => {
      const record = read(name)
      return record instanceof Promise ? record.catch(leaveOut) : record
    }),
  )
  return records.filter((record): record is Awaited<T> => record !== undefined)
}
