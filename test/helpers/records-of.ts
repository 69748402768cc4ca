import type { ReverseFiles } from '../../src/lib/datasets/reverse/generate.ts'
import type { PromptCompletion } from '../../src/lib/schemas/prompt-completion.ts'

/** All records of the files of experiment 1, which are made while they are read. */
export function recordsOf(files: ReverseFiles): Record<string, PromptCompletion[]> {
  return Object.fromEntries(Object.entries(files).map(([name, records]) => [name, [...records]]))
}
