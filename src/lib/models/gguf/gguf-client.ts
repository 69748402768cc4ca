import { homedir } from 'node:os'
import { basename, resolve } from 'node:path'
import type { ModelClient } from '../model-client.ts'

const PREFIX = 'gguf:'
const ENDING = '.gguf'

/** Models in GGUF files. */
export const ggufClient: ModelClient = {
  name: 'gguf',
  summary: 'GGUF files, run by llama.cpp: gguf:PATH',
  prefix: PREFIX,
  shortName(name) {
    if (name.startsWith(PREFIX)) return basename(name.slice(PREFIX.length), ENDING)
    return name.endsWith(ENDING) ? basename(name, ENDING) : undefined
  },
  async open({ reference: { id = '' }, ...options }) {
    const { openGgufModel } = await import('./open-gguf-model.ts')
    return openGgufModel({ ...options, path: pathOf(id) })
  },
}

/** The shell does not expand a tilde after a colon. */
function pathOf(name: string): string {
  return resolve(name.slice(PREFIX.length).replace(/^~(?=$|[\\/])/, () => homedir()))
}
