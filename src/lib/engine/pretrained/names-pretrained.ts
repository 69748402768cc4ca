import { basename, isAbsolute } from 'node:path'
import { HUB_PREFIX } from './hub/repository.ts'

/** True for what `locatePretrained` takes: `hf:…`, a path, or a GGUF file; not the name of a local size. */
export function namesPretrained(name: string): boolean {
  return (
    name.startsWith(HUB_PREFIX) ||
    /[/\\]/.test(name) ||
    name === '.' ||
    name === '..' ||
    name.endsWith('.gguf')
  )
}

/**
 * A model's short name, for tables and fine-tuned models: the last part of a repository or full path; another name
 * unchanged.
 */
export function shortModelName(name: string): string {
  if (name.startsWith(HUB_PREFIX)) return basename(name.replace(/@.*$/, '').slice(HUB_PREFIX.length))
  return isAbsolute(name) ? basename(name, '.gguf') : name
}
