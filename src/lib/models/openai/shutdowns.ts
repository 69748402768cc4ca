import { shippedFile } from '../../datasets/shipped.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { Shutdowns } from '../../schemas/shutdowns.ts'
import { shutdownsSchema } from '../../schemas/shutdowns.ts'
import { readRecord } from '../../support/record.ts'
import { baseModel, entryOf } from './model-names.ts'

const check = schemaCheck(shutdownsSchema)

/** The shutdowns that OpenAI had announced when this version of the tool was made. */
export async function loadShutdowns(): Promise<Shutdowns> {
  return (await readRecord<Shutdowns>(shippedFile('shutdowns/openai-2026-11.json'), check))!
}

/** The announced day on which a model, fine-tuned or not, is shut down, such as `2027-01-14`. */
export function announcedShutdown({ models }: Shutdowns, model: string): string | undefined {
  return entryOf(models, baseModel(model))
}
