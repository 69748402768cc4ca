import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Interfaces } from '@oclif/core'

/**
 * Load options that run the CLI from `src/` instead of `dist/`. oclif's own source lookup needs the
 * TypeScript compiler API, which TypeScript 7 no longer ships, so the paths are rewritten here.
 */
export async function sourceOptions(): Promise<Interfaces.LoadOptions> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return { root, ignoreManifest: true, pjson: JSON.parse(text.replaceAll('./dist/', './src/')) }
}
