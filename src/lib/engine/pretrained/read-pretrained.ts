/** Reads a pretrained model: a folder in Hugging Face's layout, or a GGUF file. */
import { open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import { plural } from '../../support/numbers.ts'
import type { Arrays } from '../weights.ts'
import type { BaseModel } from './adapter-files.ts'
import { isAdapter, readAdapter, readAdapterBase } from './adapter-files.ts'
import type { PretrainedConfig } from './architecture.ts'
import { endTokens, parseConfig } from './config-file.ts'
import { FormatError, PICKLE_FILE, pickled, unreadable } from './failures.ts'
import { ggufConfig, ggufWeights } from './gguf/model.ts'
import type { GgufMetadata } from './gguf/reader.ts'
import { readGgufHeader } from './gguf/reader.ts'
import { ggufTokenizer, knowsTokenizer, requireSameTokens } from './gguf/tokenizer.ts'
import { mergeAdapter } from './lora.ts'
import { decoderNames } from './parameters.ts'
import type { PretrainedTokenizer } from './pretrained-tokenizer.ts'
import { createPretrainedTokenizer } from './pretrained-tokenizer.ts'
import { openSafetensors } from './safetensors-source.ts'
import type { WeightSource } from './weight-source.ts'
import { checkWeights, readWeights } from './weight-source.ts'

/** All of a model but its weights. */
export interface PretrainedDescription {
  config: PretrainedConfig
  encoder: PretrainedTokenizer
}

export interface PretrainedModel extends PretrainedDescription {
  weights: Arrays
}

type Json = Record<string, unknown>

/** Finds the folder or file of the model that an adapter belongs to, such as `locatePretrained` does. */
export type FindBase = (base: BaseModel) => Promise<string>

export interface ReadOptions {
  /** Where it is not given, an adapter names its model by a path. */
  findBase?: FindBase | undefined
  signal?: AbortSignal | undefined
}

/**
 * A model's shape and tokenizer, without reading its weights. Throws InputError MODEL_NOT_FOUND, MODEL_UNREADABLE
 * for damaged files and MODEL_UNSUPPORTED for a model that the engine does not know.
 */
export async function describePretrained(
  path: string,
  { findBase = byPath }: ReadOptions = {},
): Promise<PretrainedDescription> {
  const own = (await isAdapter(path)) ? await findBase(await readAdapterBase(path)) : path
  return withSource(own, async ({ config, encoder, source }) => {
    checkWeights(config, source)
    return { config, encoder }
  })
}

/** A whole model, in float32, with its adapter merged into it. Throws as `describePretrained` does. */
export async function readPretrained(path: string, options: ReadOptions = {}): Promise<PretrainedModel> {
  const { findBase = byPath, signal } = options
  if (await isAdapter(path)) {
    const model = await readPretrained(await findBase(await readAdapterBase(path)), options)
    const adapter = await naming(path, () => readAdapter(path, model.config))
    mergeAdapter(model.config, model.weights, adapter)
    return model
  }
  return withSource(path, async ({ config, encoder, source }) => {
    return { config, encoder, weights: await readWeights(config, source, { signal }) }
  })
}

async function byPath({ name }: BaseModel): Promise<string> {
  return name
}

interface Opened extends PretrainedDescription {
  source: WeightSource
}

async function withSource<T>(path: string, use: (opened: Opened) => Promise<T>): Promise<T> {
  const isFolder = await isDirectory(path)
  if (!isFolder) refuseOtherFile(path)
  return naming(path, () => (isFolder ? withFolder(path, use) : withGguf(path, use)))
}

/** Says of a file that is a part of a model, or of another format, what to give instead. */
function refuseOtherFile(path: string): void {
  if (PICKLE_FILE.test(path)) throw pickled(`${path} is a pickle file`)
  if (!path.endsWith('.safetensors')) return
  throw new InputError(`${path} is a part of a model: use the folder that it is in.`, {
    code: 'MODEL_UNREADABLE',
    suggestions: [`use ${dirname(path)}`],
  })
}

/** Does work on a model's files and adds the path to its errors. */
async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FormatError) throw unreadable(`${path} cannot be used: ${error.message}`, error)
    throw error
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT') && !hasErrorCode(error, 'ENOTDIR')) throw error
    throw new InputError(`There is no model at ${path}.`, { code: 'MODEL_NOT_FOUND' })
  }
}

async function withFolder<T>(directory: string, use: (opened: Opened) => Promise<T>): Promise<T> {
  const configPath = join(directory, 'config.json')
  if (!(await exists(configPath))) {
    throw new InputError(`${directory} holds no model: there is no config.json in it.`, {
      code: 'MODEL_NOT_FOUND',
    })
  }
  const json = await readJson(configPath)
  await using source = await openSafetensors(directory)
  const config = parseConfig(json, configPath, { hasOutput: source.names().has('lm_head.weight') })
  const files = {
    tokenizer: await readJson(join(directory, 'tokenizer.json')),
    settings: await readJsonIfExists(join(directory, 'tokenizer_config.json')),
  }
  const encoder = await createPretrainedTokenizer(files)
  const generation = await readJsonIfExists(join(directory, 'generation_config.json'))
  const ends = new Set([
    ...config.special.ends,
    ...endTokens(generation),
    ...namedEnd(files.settings, encoder),
  ])
  return await use({ ...checked(config, encoder, ends), source })
}

async function withGguf<T>(path: string, use: (opened: Opened) => Promise<T>): Promise<T> {
  await using file = await open(path)
  const header = await readGgufHeader(file)
  const config = await ggufConfig(header, path, file)
  const settings = { tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: config.positions }
  const encoder = await createPretrainedTokenizer({
    tokenizer: await tokenizerOf(header.metadata, path),
    settings,
  })
  const source = ggufWeights(header, config, file)
  return await use({ ...checked(config, encoder, new Set(config.special.ends)), source })
}

/** The tokenizer in a GGUF file; for kinds that it stores only in part, the `tokenizer.json` next to it. */
async function tokenizerOf(metadata: GgufMetadata, path: string): Promise<object> {
  const beside = join(dirname(path), 'tokenizer.json')
  if (knowsTokenizer(metadata) || !(await exists(beside))) return ggufTokenizer(metadata, path)
  const tokenizer = await readJson(beside)
  requireSameTokens(tokenizer, metadata)
  return tokenizer
}

/** Checks that a tokenizer fits a model: every ID has a row in the embedding, and texts can end. */
function checked(
  config: PretrainedConfig,
  encoder: PretrainedTokenizer,
  ends: ReadonlySet<number>,
): PretrainedDescription {
  const { vocabulary } = config
  if (encoder.size > vocabulary) {
    throw new FormatError(
      `its tokenizer does not fit: it has ${plural(encoder.size, 'token')}, and the model's ${decoderNames(config).embedding} has ${vocabulary}`,
    )
  }
  if (ends.size === 0) throw new FormatError('nothing says which token ends a text (eos_token_id)')
  const outside = [...ends].find((id) => id >= vocabulary)
  if (outside !== undefined)
    throw new FormatError(`its end of text is token ${outside}, and it has ${plural(vocabulary, 'token')}`)
  return { config: { ...config, special: { ...config.special, ends: [...ends] } }, encoder }
}

/** The end of text that the tokenizer's settings name: a text, or an object with one. */
function namedEnd(settings: Json, encoder: PretrainedTokenizer): number[] {
  const said = settings.eos_token as string | { content?: string } | undefined | null
  const id = encoder.idOf((typeof said === 'string' ? said : said?.content) ?? '')
  return id === undefined ? [] : [id]
}

async function readJson(path: string): Promise<Json> {
  if (!(await exists(path))) throw unreadable(`${path}, a part of the model, is missing`)
  return readJsonIfExists(path)
}

async function readJsonIfExists(path: string): Promise<Json> {
  if (!(await exists(path))) return {}
  try {
    const value = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value === 'object' && value !== null) return value as Json
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw unreadable(`${path} is damaged: it is not JSON`)
}
