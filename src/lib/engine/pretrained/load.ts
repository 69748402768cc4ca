import { createHash } from 'node:crypto'
import { Decoder } from '../decoder.ts'
import type { DeviceOptions } from '../device.ts'
import { EngineModel } from '../model.ts'
import type { Arrays } from '../weights.ts'
import { longestText } from './decoder-graph.ts'
import { pretrainedNextTokenGraph, pretrainedScoringGraph } from './graphs.ts'
import type { PretrainedModel, ReadOptions } from './read-pretrained.ts'
import { readPretrained } from './read-pretrained.ts'

export type LoadOptions = DeviceOptions & ReadOptions

/**
 * A pretrained or fine-tuned model that completes and scores texts: a folder in Hugging Face's layout, a folder with
 * an adapter of PEFT's, or a GGUF file. Throws as `readPretrained`, and InputError DEVICE_UNAVAILABLE.
 */
export async function loadPretrained(
  path: string,
  { signal, findBase, ...device }: LoadOptions = {},
): Promise<EngineModel> {
  return openPretrained(await readPretrained(path, { signal, findBase }), device)
}

/** A model that is in memory already. */
async function openPretrained(model: PretrainedModel, device: DeviceOptions = {}): Promise<EngineModel> {
  const { config, encoder, weights } = model
  const { begin, ends } = config.special
  const parts = {
    checksum: checksumOf(weights),
    vocabulary: config.vocabulary,
    positions: longestText(config),
    codec: {
      encode: (text: string) => encoder.encode(text),
      decode: (ids: readonly number[]) => encoder.decode(ids),
      tokens: encoder.size,
      ends: new Set(ends),
      // As in lm-evaluation-harness: if the model has no start of text, an end of text precedes it.
      begin: encoder.encode('')[0] ?? begin ?? ends[0]!,
    },
  }
  const decodable = {
    vocabulary: config.vocabulary,
    positions: longestText(config),
    layers: config.layers,
    heads: config.keyValueHeads,
    size: config.headSize,
    large: true,
    weights,
    graphs: {
      nextToken: () => pretrainedNextTokenGraph(config),
      scoring: () => pretrainedScoringGraph(config),
    },
  }
  return new EngineModel(parts, new Decoder(await import('onnxruntime-node'), decodable, device))
}

/** SHA-256 of all weights in their order, as `writeSafetensors` gives it. */
export function checksumOf(weights: Arrays): string {
  const hash = createHash('sha256')
  for (const { data } of weights.values())
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return hash.digest('hex')
}
