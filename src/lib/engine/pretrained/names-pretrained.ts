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

/** What tables and fine-tuned models call a model: the last part of a repository or full path; another name as it is. */
export function shortModelName(name: string): string {
  if (name.startsWith(HUB_PREFIX)) return basename(name.replace(/@.*$/, '').slice(HUB_PREFIX.length))
  return isAbsolute(name) ? basename(name, '.gguf') : name
}
