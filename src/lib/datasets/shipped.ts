import { fileURLToPath } from 'node:url'

const DATA = new URL('../../../data/', import.meta.url)

/** Absolute path of a file of facts that ships with the tool, such as `instructions/qa_pairs.jsonl`. */
export function shippedFile(name: string): string {
  return fileURLToPath(new URL(name, DATA))
}
