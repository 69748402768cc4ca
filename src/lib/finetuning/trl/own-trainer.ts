import { readFile, writeFile } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { splitWords } from '../../support/command-line.ts'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import { sha256, writeJson } from '../../support/files.ts'
import { readTexts } from '../texts.ts'
import { TRAINED_NAME, TRAINING_NAME, VALIDATION_NAME } from './job-folder.ts'
import type { TrainerConfig } from './trainer-config.ts'

/** A user's own trainer, as a run is recorded with it. */
export interface OwnTrainer {
  /** As it was given, with its placeholders. */
  command: string
  /** Its configuration, with placeholders too. */
  config?: { path: string; text: string }
}

/** Where `command.py` finds what to run. */
export const TRAINER_NAME = 'trainer.json'
/** File in which the trainer may report its progress, one line per step. */
const EVENTS_NAME = 'progress.jsonl'
/** Only the texts, for trainers that read one column. */
const TEXTS_NAME = 'texts.jsonl'

/** Values for the placeholders. */
type Filling = Record<(typeof PLACEHOLDERS)[number], string>

const PLACEHOLDERS = [
  ...['config', 'data', 'texts', 'validation', 'output', 'events', 'folder'],
  ...['model', 'revision', 'seed', 'epochs', 'batch_size', 'micro_batch_size', 'accumulation'],
  ...['learning_rate', 'lora_rank', 'lora_alpha', 'gpus', 'nodes', 'attempt'],
] as const
/** Does not match what a shell would expand, such as ${name}. */
const PLACEHOLDER = /(?<!\$)\{([a-z_]+)\}/g
/** Words that ask for a shell. */
const SHELL = new Set(['&&', '||', '|', ';', '>', '>>', '<', '&'])

/** Throws InputError BAD_TRAINER for a command that could not train, or whose model could not be found afterwards. */
export async function readOwnTrainer({
  command,
  config,
  cwd,
}: {
  command: string
  config?: string | undefined
  cwd: string
}): Promise<OwnTrainer> {
  const words = requireWords(command)
  const shell = words.find((word) => SHELL.has(word))
  if (shell !== undefined) {
    throw refusal(`--trainer-command runs without a shell, and ${shell} needs one`, `bash -c '…'`)
  }
  const unknown = words.flatMap(placeholdersOf).find((name) => !isPlaceholder(name))
  if (unknown !== undefined) {
    const known = PLACEHOLDERS.map((name) => `{${name}}`).join(', ')
    throw refusal(`--trainer-command has {${unknown}}, which is not a placeholder`, `use these: ${known}`)
  }
  const own = config === undefined ? undefined : await readConfig(resolve(cwd, config))
  const told = new Set([...words, own?.text ?? ''].flatMap(placeholdersOf))
  if (own !== undefined && !placeholdersOf(command).includes('config')) {
    throw refusal('--trainer-command does not read the file of --trainer-config', 'name it: {config}')
  }
  const readsOurs = own === undefined && told.has('config')
  if (!readsOurs && !['data', 'texts', 'folder'].some((name) => told.has(name))) {
    throw refusal(
      'The command does not tell your trainer what to train on',
      'name the data: {data} or {texts}',
    )
  }
  if (!readsOurs && !told.has('output')) {
    throw refusal(
      'The command does not tell your trainer where to write the model',
      'name the folder: {output}',
    )
  }
  return { command, ...(own && { config: own }) }
}

/** The first word of the command: the program. */
export function trainerProgram({ command }: OwnTrainer): string {
  return requireWords(command)[0]!
}

/** Hyperparameters that distinguish runs of different trainers. */
export function trainerHyperparameters(trainer: OwnTrainer | undefined): Record<string, string> {
  if (trainer === undefined) return {}
  const { command, config } = trainer
  return { trainer: command, ...(config && { trainer_config: sha256(config.text).slice(0, 12) }) }
}

interface FillOptions {
  trainer: OwnTrainer
  config: TrainerConfig
  /** Folder of the job as its machines see it, and as this one does. */
  folder: string
  files: string
  nodes: number
  attempt: number
}

/** Writes the trainer's command, its configuration and the data in its formats into the folder of a job. */
export async function writeOwnTrainer(options: FillOptions): Promise<void> {
  const { trainer, config, files } = options
  const filling = fillingOf(options)
  const texts = await readTexts(join(files, TRAINING_NAME))
  const lines = texts.map((text) => `${JSON.stringify({ text })}\n`)
  await writeFile(join(files, TEXTS_NAME), lines.join(''))
  await writeJson(join(files, 'dataset_info.json'), DATASET_INFO)
  if (trainer.config !== undefined) {
    await writeFile(join(files, configName(trainer.config.path)), fill(trainer.config.text, filling))
  }
  await writeJson(join(files, TRAINER_NAME), {
    command: requireWords(trainer.command).map((word) => fill(word, filling)),
    ...{ output: TRAINED_NAME, events: EVENTS_NAME, gpus: config.gpus },
  })
}

/** Names the files for LLaMA-Factory, whose `dataset_dir` a job's folder is. */
const DATASET_INFO = {
  reversal: { file_name: TEXTS_NAME, columns: { prompt: 'text' } },
  reversal_pairs: { file_name: TRAINING_NAME, columns: { prompt: 'prompt', response: 'completion' } },
}

function fillingOf({ trainer, config, folder, nodes, attempt }: FillOptions): Filling {
  const { model, revision, seed, epochs, batch_size, micro_batch_size, learning_rate, lora, gpus } = config
  const inside = (name: string) => join(folder, name)
  const processes = Math.max(1, gpus) * nodes
  return {
    config: inside(trainer.config === undefined ? 'config.json' : configName(trainer.config.path)),
    ...{ data: inside(TRAINING_NAME), texts: inside(TEXTS_NAME), output: inside(TRAINED_NAME), folder },
    ...{ events: inside(EVENTS_NAME), model, revision: revision ?? 'main', seed: String(seed) },
    validation: config.validation_file === null ? '' : inside(VALIDATION_NAME),
    ...{ epochs: String(epochs), batch_size: String(batch_size), gpus: String(gpus), nodes: String(nodes) },
    ...{ micro_batch_size: String(micro_batch_size), attempt: String(attempt) },
    accumulation: String(Math.max(1, Math.round(batch_size / processes / micro_batch_size))),
    // YAML takes 1e-5 for a word.
    learning_rate: String(learning_rate).replace(/^(\d+)e/, '$1.0e'),
    ...{ lora_rank: String(lora?.rank ?? 0), lora_alpha: String(lora?.alpha ?? 0) },
  }
}

function fill(text: string, filling: Filling): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => (isPlaceholder(name) ? filling[name] : whole))
}

function isPlaceholder(name: string): name is keyof Filling {
  return PLACEHOLDERS.some((known) => known === name)
}

function placeholdersOf(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDER), ([, name]) => name!)
}

function configName(path: string): string {
  return `trainer-config${extname(path)}`
}

function requireWords(command: string): string[] {
  const words = splitWords(command)
  if (words === undefined) throw refusal('--trainer-command has an unclosed quote', 'close it')
  if (words.length === 0) {
    throw refusal('--trainer-command is empty', 'such as: --trainer-command "axolotl train {config}"')
  }
  return words
}

async function readConfig(path: string): Promise<{ path: string; text: string }> {
  try {
    return { path, text: await readFile(path, 'utf8') }
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT') && !hasErrorCode(error, 'EISDIR')) throw error
    throw new InputError(`There is no file ${path} for --trainer-config.`, { code: 'FILE_NOT_FOUND' })
  }
}

function refusal(problem: string, wayOut: string): InputError {
  return new InputError(`${problem}.`, { code: 'BAD_TRAINER', suggestions: [wayOut] })
}
