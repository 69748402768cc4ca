/** An adapter as PEFT writes and reads it: `adapter_config.json` and `adapter_model.safetensors`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exists, writeDirectoryAtomic, writeJson } from '../../support/files.ts'
import { writeSafetensors } from '../safetensors.ts'
import type { Arrays } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'
import { FormatError, unreadable, unsupported } from './failures.ts'
import type { Adapter, AdapterSettings } from './lora.ts'
import { adapterSpecs, allTargets } from './lora.ts'
import type { PretrainedTokenizer } from './pretrained-tokenizer.ts'
import { openFiles } from './safetensors-source.ts'
import { writeTokenizer } from './tokenizer-files.ts'

const CONFIG = 'adapter_config.json'
const WEIGHTS = 'adapter_model.safetensors'

/** The model that an adapter belongs to. */
export interface BaseModel {
  /** A repository of the Hugging Face Hub, or the path of a folder or GGUF file. */
  name: string
  /** Commit of the repository. */
  revision?: string | undefined
}

/** True if the folder contains an adapter. */
export async function isAdapter(directory: string): Promise<boolean> {
  return exists(join(directory, WEIGHTS))
}

export interface SaveAdapterOptions {
  config: PretrainedConfig
  adapter: Adapter
  base: BaseModel
  encoder: PretrainedTokenizer
}

/** Writes an adapter's folder, completely or not at all. */
export async function saveAdapter(
  directory: string,
  { config, adapter, base, encoder }: SaveAdapterOptions,
): Promise<void> {
  await writeDirectoryAtomic(directory, async (temporary) => {
    await writeJson(join(temporary, CONFIG), describeAdapter(config, adapter.settings, base))
    await writeTokenizer(temporary, encoder)
    await writeSafetensors(join(temporary, WEIGHTS), adapter.factors, { format: 'pt' })
  })
}

function describeAdapter(config: PretrainedConfig, settings: AdapterSettings, base: BaseModel) {
  const { rank, alpha, targets, rankStabilized = false } = settings
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base.name,
    revision: base.revision ?? null,
    inference_mode: true,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    target_modules: [...targets],
    bias: 'none',
    // GPT-2's matrices have the inputs first.
    fan_in_fan_out: config.architecture === 'gpt2',
    init_lora_weights: true,
    use_rslora: rankStabilized,
    use_dora: false,
    modules_to_save: null,
    layers_to_transform: null,
    layers_pattern: null,
    rank_pattern: {},
    alpha_pattern: {},
  }
}

type Json = Record<string, unknown>

/** The model that the adapter in a folder belongs to. Throws InputError MODEL_UNREADABLE. */
export async function readAdapterBase(directory: string): Promise<BaseModel> {
  const { base_model_name_or_path: name, revision } = await readConfig(directory)
  if (typeof name !== 'string' || name === '') {
    throw unreadable(`${join(directory, CONFIG)} does not name the model that the adapter belongs to`)
  }
  return { name, ...(typeof revision === 'string' && { revision }) }
}

/**
 * Reads an adapter. Throws InputError MODEL_UNREADABLE and MODEL_UNSUPPORTED, FormatError if it does not fit the model.
 */
export async function readAdapter(directory: string, config: PretrainedConfig): Promise<Adapter> {
  const json = await readConfig(directory)
  const path = join(directory, CONFIG)
  const refused = Object.entries(json).find(([key, value]) => !(ALLOWED[key]?.(value) ?? true))
  if (refused !== undefined) {
    throw unsupported(
      `${path} asks for ${refused[0]} ${JSON.stringify(refused[1])}, which the engine does not know`,
    )
  }
  const targets = json.target_modules === 'all-linear' ? allTargets(config) : json.target_modules
  if (typeof json.r !== 'number' || typeof json.lora_alpha !== 'number' || !Array.isArray(targets)) {
    throw unreadable(`${path} does not give r, lora_alpha and a list of target_modules`)
  }
  const settings: AdapterSettings = {
    ...{ rank: json.r, alpha: json.lora_alpha, targets: targets as string[] },
    rankStabilized: json.use_rslora === true,
  }
  return { settings, factors: await readFactors(directory, config, settings) }
}

const ALLOWED: Record<string, (value: unknown) => boolean> = {
  peft_type: (value) => value === 'LORA',
  bias: (value) => value === 'none',
  use_dora: (value) => !value,
  modules_to_save: isNothing,
  rank_pattern: isNothing,
  alpha_pattern: isNothing,
  layers_to_transform: isNothing,
  trainable_token_indices: isNothing,
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || Object.keys(value as object).length === 0
}

async function readFactors(
  directory: string,
  config: PretrainedConfig,
  settings: AdapterSettings,
): Promise<Arrays> {
  await using source = await openFiles(directory, [WEIGHTS])
  const specs = adapterSpecs(config, settings)
  const unknown = [...source.names()].find((name) => !specs.some((spec) => spec.name === name))
  if (unknown !== undefined) throw new FormatError(`its ${unknown} belongs to no layer of the model`)
  const factors: Arrays = new Map()
  for (const { name, shape } of specs) {
    if (!source.names().has(name)) throw new FormatError(`the weight ${name} is missing`)
    const array = await source.read(name)
    if (array.shape.join() !== shape.join()) {
      throw new FormatError(
        `the weight ${name} has the shape [${array.shape}], and its model asks for [${shape}]`,
      )
    }
    factors.set(name, array)
  }
  return factors
}

async function readConfig(directory: string): Promise<Json> {
  const path = join(directory, CONFIG)
  if (!(await exists(path))) throw unreadable(`${path}, a part of the adapter, is missing`)
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Json
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw unreadable(`${path} is damaged: it is not JSON`, cause)
  }
}
