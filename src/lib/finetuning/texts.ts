import { schemaCheck } from '../schemas/compile.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { readJsonl } from '../support/jsonl.ts'

const check = schemaCheck(promptCompletionSchema)

/** The records of a file as the texts that a model is trained on: prompt and completion in one. */
export async function readTexts(file: string): Promise<string[]> {
  const records = await readJsonl<PromptCompletion>(file, { check })
  return records.map(({ prompt, completion }) => prompt + completion)
}
