import { basename, join, resolve } from 'node:path'
import { ARCHITECTURES } from '../../engine/pretrained/architecture.ts'
import { fetchModel } from '../../engine/pretrained/hub/download.ts'
import { HUB_PREFIX, parseRepository } from '../../engine/pretrained/hub/repository.ts'
import type { ReadHubSettings } from '../../engine/pretrained/hub/settings.ts'
import { namesPretrained } from '../../engine/pretrained/names-pretrained.ts'
import { createPretrainedTokenizer } from '../../engine/pretrained/pretrained-tokenizer.ts'
import { describePretrained } from '../../engine/pretrained/read-pretrained.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { exists, readTextIfExists } from '../../support/files.ts'
import type { ModelShape } from './model-shape.ts'
import { parseShape, shapeOfGguf } from './model-shape.ts'

interface FindOptions {
  /** Paths start here. */
  cwd: string
  hub?: ReadHubSettings | undefined
  signal?: AbortSignal | undefined
}

/** Facts about a model before it is trained, without reading its weights. */
export interface BaseDescription {
  shape: ModelShape | undefined
  /** Number of tokens in a text without its end; undefined if its tokenizer is not supported here. */
  countTokens: ((text: string) => number) | undefined
  /** True if the embedded engine can run models that are trained from it. */
  runsHere: boolean
}

/**
 * Turns a user's name for a model into the name in records: a full path, or a repository with its commit. Throws
 * InputError MODEL_UNKNOWN if it is neither, MODEL_NOT_FOUND, MODEL_GATED, and as `fetchModel`.
 */
export async function nameBase(name: string, { cwd, hub, signal }: FindOptions): Promise<string> {
  if (name.startsWith(HUB_PREFIX)) {
    const repository = parseRepository(name)
    return `${HUB_PREFIX}${repository.name}@${basename(await describedFolder(name, { hub, signal }))}`
  }
  const path = resolve(cwd, name)
  if (await exists(path)) return path
  const looksLikeRepository = /^[\w.-]+\/[\w.-]+$/.test(name) && !name.startsWith('.')
  throw new InputError(`There is no model ${name}.`, {
    code: namesPretrained(name) ? 'MODEL_NOT_FOUND' : 'MODEL_UNKNOWN',
    suggestions: [
      looksLikeRepository
        ? `use it from the Hugging Face Hub: --model-name ${HUB_PREFIX}${name}`
        : 'use --model-name hf:ORG/NAME, such as hf:HuggingFaceTB/SmolLM2-135M, or the folder of a model',
    ],
  })
}

/** Throws InputError MODEL_NOT_FOUND if a folder contains no model, and as `nameBase`. */
export async function describeBase(
  model: string,
  options: Omit<FindOptions, 'cwd'>,
): Promise<BaseDescription> {
  if (model.endsWith('.gguf')) {
    const { config, encoder } = await describePretrained(model)
    const countTokens = (text: string) => encoder.encode(text).length
    return { shape: shapeOfGguf(config), countTokens, runsHere: true }
  }
  const folder = model.startsWith(HUB_PREFIX) ? await describedFolder(model, options) : model
  const config = await readTextIfExists(join(folder, 'config.json'))
  if (config === undefined) {
    throw new InputError(`${folder} holds no model: there is no config.json in it.`, {
      code: 'MODEL_NOT_FOUND',
    })
  }
  const json = parseJson(config)
  return {
    shape: parseShape(json),
    countTokens: await tokenCounterOf(folder),
    runsHere: ARCHITECTURES.some((known) => known === json?.model_type),
  }
}

/** The trainer's name for the model. */
export function trainerModel(model: string): { model: string; revision: string | null } {
  if (!model.startsWith(HUB_PREFIX)) return { model, revision: null }
  const { name, revision } = parseRepository(model)
  return { model: name, revision }
}

async function describedFolder(name: string, { hub, signal }: Omit<FindOptions, 'cwd'>): Promise<string> {
  if (hub === undefined) throw new Error(`The location of ${name} is unknown.`)
  return fetchModel(parseRepository(name), { ...(await hub()), signal, withoutWeights: true })
}

async function tokenCounterOf(folder: string): Promise<BaseDescription['countTokens']> {
  const [tokenizer, settings] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(async (name) =>
      parseJson(await readTextIfExists(join(folder, name))),
    ),
  )
  if (tokenizer === undefined) return undefined
  try {
    const encoder = await createPretrainedTokenizer({ tokenizer, settings: settings ?? {} })
    return (text) => encoder.encode(text).length
  } catch (error) {
    // One of another kind is counted by the trainer.
    if (error instanceof ReversalError || error instanceof Error) return undefined
    throw error
  }
}

function parseJson(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
