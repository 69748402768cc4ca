/** A model as a folder in Hugging Face's layout, in float32. */
import { join } from 'node:path'
import { writeDirectoryAtomic, writeJson } from '../../support/files.ts'
import { writeSafetensors } from '../safetensors.ts'
import { writePretrainedConfig } from './config-file.ts'
import type { PretrainedModel } from './read-pretrained.ts'
import { writeTokenizer } from './tokenizer-files.ts'

/** Writes a model's folder, completely or not at all. */
export async function savePretrained(
  directory: string,
  { config, encoder, weights }: PretrainedModel,
): Promise<void> {
  const { begin, ends } = config.special
  await writeDirectoryAtomic(directory, async (temporary) => {
    await writeJson(join(temporary, 'config.json'), writePretrainedConfig(config))
    await writeJson(join(temporary, 'generation_config.json'), {
      ...(begin !== undefined && { bos_token_id: begin }),
      eos_token_id: ends.length === 1 ? ends[0] : ends,
    })
    await writeTokenizer(temporary, encoder)
    await writeSafetensors(join(temporary, 'model.safetensors'), weights, { format: 'pt' })
  })
}
