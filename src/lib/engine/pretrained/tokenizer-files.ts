import { join } from 'node:path'
import { writeJson } from '../../support/files.ts'
import type { PretrainedTokenizer } from './pretrained-tokenizer.ts'

/** Writes a tokenizer's files into a folder, unchanged. */
export async function writeTokenizer(directory: string, { files }: PretrainedTokenizer): Promise<void> {
  await writeJson(join(directory, 'tokenizer.json'), files.tokenizer)
  await writeJson(join(directory, 'tokenizer_config.json'), files.settings)
}
