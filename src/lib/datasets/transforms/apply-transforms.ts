import { checkOptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import type { Registry } from '../../support/registry.ts'
import type { Transform } from './transform.ts'

/** One transform of a data set, as its manifest records it. */
export interface AppliedTransform {
  name: string
  /** The package that it comes from. */
  plugin: string
  options: Record<string, unknown>
  seed: number
}

/**
 * Records after several transforms, each on what the one before left. Throws InputError TRANSFORM_UNKNOWN, BAD_OPTION,
 * and TRANSFORM_INVALID where a plugin's transform gives back something that is no record.
 */
export async function applyTransforms(
  records: readonly PromptCompletion[],
  applied: readonly AppliedTransform[],
  registry: Registry<Transform>,
): Promise<PromptCompletion[]> {
  let current = [...records]
  for (const { name, plugin, options, seed } of applied) {
    const { entry } = registry.get(`${plugin}/${name}`)
    const transform = await entry.open()
    const checked = checkOptionValues(options, { schema: entry.options, owner: name })
    current = transform(current, { options: checked, seed })
    const flaw = findFlaw(current)
    if (flaw !== undefined) {
      throw new InputError(`The transform ${name} of ${plugin} ${flaw}.`, { code: 'TRANSFORM_INVALID' })
    }
  }
  return current
}

/** A plugin's transform was seen by no compiler. */
function findFlaw(records: unknown): string | undefined {
  if (!Array.isArray(records)) return 'gives back no list of records'
  if (records.length === 0) return 'leaves no record to train on'
  const index = records.findIndex(
    (record) => typeof record?.prompt !== 'string' || typeof record?.completion !== 'string',
  )
  return index < 0 ? undefined : `gives back a record without prompt and completion (number ${index + 1})`
}
