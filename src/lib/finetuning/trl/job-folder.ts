import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { shippedFile } from '../../datasets/shipped.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { runEventSchema } from '../../schemas/run.ts'
import { quoteWord } from '../../support/command-line.ts'
import { InputError } from '../../support/errors.ts'
import { readTextIfExists, writeJson } from '../../support/files.ts'
import { readJsonlFrom } from '../../support/jsonl.ts'
import type { TrainerConfig } from './trainer-config.ts'

/** Prefix of the log lines that repeat a job's events. */
const LOG_PREFIX = '@reversal '
/** Folder of the trainer's scripts. */
export const TRAINER_SCRIPTS = shippedFile('trainers/trl')

const checkEvent = schemaCheck(runEventSchema)

/** `result.json`, which the trainer writes last. */
export interface TrainerResult {
  status: 'succeeded' | 'interrupted' | 'failed'
  attempt: number
  /** Names a failure, such as `OUT_OF_MEMORY`. */
  code?: string
  /** A sentence. */
  message?: string
  step: number
  total_steps?: number
  loss?: number
  tokens?: number
  peak_memory_bytes?: number | null
}

export const TRAINING_NAME = 'train.jsonl'
export const VALIDATION_NAME = 'validation.jsonl'
/** The model's folder within the job's folder. */
export const TRAINED_NAME = 'model'

/** Where the trainer writes the model. */
export function trainedModel(folder: string): string {
  return join(folder, TRAINED_NAME)
}

/**
 * True if this machine sees the folder; false if only the machines of an engine that copies files see it. Throws
 * InputError STORAGE_MISSING otherwise.
 */
export async function seesStorage(path: string, { delivers }: { delivers: boolean }): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined)
  if (entry?.isDirectory()) return true
  if (delivers && entry === undefined && posix.isAbsolute(path)) return false
  throw new InputError(`${path} is not a folder: use an existing one with --storage.`, {
    code: 'STORAGE_MISSING',
    suggestions: [`make it: mkdir -p ${quoteWord(path)}`],
  })
}

/**
 * Writes the input of an attempt into its folder: scripts, data and configuration. Output of earlier attempts stays.
 */
export async function fillJobFolder(
  folder: string,
  { run, config }: { run: RunRecord; config: TrainerConfig },
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const scripts = (await readdir(TRAINER_SCRIPTS)).filter((name) => /\.(py|txt)$/.test(name))
  for (const name of scripts) await copyFile(join(TRAINER_SCRIPTS, name), join(folder, name))
  const { training_file: training, validation_file: validation } = run.dataset
  await copyFile(training, join(folder, TRAINING_NAME))
  if (validation !== undefined) await copyFile(validation, join(folder, VALIDATION_NAME))
  await writeJson(join(folder, 'config.json'), config)
  await rm(join(folder, 'stop'), { force: true })
}

/** How an attempt ended; undefined while it is in progress, or if it was killed. */
export async function readResult(folder: string, attempt: number): Promise<TrainerResult | undefined> {
  const text = await readTextIfExists(join(folder, 'result.json'))
  if (text === undefined) return undefined
  const result = JSON.parse(text) as TrainerResult
  return result.attempt === attempt ? result : undefined
}

/** The same from events, if the folder is not on this machine: the trainer also reports its result as an event. */
export function resultOfEvents(events: readonly RunEvent[], attempt: number): TrainerResult | undefined {
  const results = events.flatMap(({ data }) => (data?.result === undefined ? [] : [data.result]))
  return (results as TrainerResult[]).findLast((result) => result.attempt === attempt)
}

/** The trainer's events after the first `from` bytes, in its order, and how many bytes have now been read. */
export async function readJobEvents(
  folder: string,
  from = 0,
): Promise<{ events: RunEvent[]; bytes: number }> {
  const path = join(folder, 'events.jsonl')
  const { records: events, bytes } = await readJsonlFrom<RunEvent>(path, { from, check: checkEvent })
  return { events, bytes }
}

/** The events that a job's log repeats, for who does not see its folder. */
export function eventsOfLog(log: string): RunEvent[] {
  return log.split('\n').flatMap((line) => {
    // Ray prints the name of the worker before each line.
    const start = line.indexOf(LOG_PREFIX)
    if (start === -1) return []
    try {
      const event: unknown = JSON.parse(line.slice(start + LOG_PREFIX.length))
      return checkEvent(event) === undefined ? [event as RunEvent] : []
    } catch {
      return []
    }
  })
}

/** The last line of a log that is meaningful to a person. */
export function lastWordsOf(log: string): string | undefined {
  return log
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '' && !line.startsWith(LOG_PREFIX.trim()))
}
