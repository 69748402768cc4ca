import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('vllm.ts', import.meta.url))

export interface VllmBehaviour {
  /** Its output before it ends at once. */
  fails?: string
  /** Milliseconds until a completion is answered. */
  latencyMs?: number
}

/** Writes a program `vllm` that stands in for the real one. Returns the folder for PATH. */
export async function writeFakeVllm(folder: string, behaviour: VllmBehaviour = {}): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'behaviour.json'), JSON.stringify(behaviour))
  const script = `#!/bin/sh\nexec '${process.execPath}' '${SCRIPT}' '${folder}' "$@"\n`
  await writeFile(join(folder, 'vllm'), script, { mode: 0o755 })
  return folder
}

/** Each start of it: its process and its words. */
export async function vllmStarts(folder: string): Promise<{ pid: number; argv: string[] }[]> {
  const text = await readFile(join(folder, 'starts.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
