import { Flags } from '@oclif/core'
import type { EvaluationTarget } from '../../lib/evaluation/target.ts'
import { InputError } from '../../lib/support/errors.ts'

/** Ways to run a model that a job trained, by the names of their clients. */
const WAYS = ['engine', 'transformers', 'vllm'] as const
export type RunWith = (typeof WAYS)[number]

export const runWithFlag = Flags.option({
  options: WAYS,
  summary:
    'what runs a model trained with --provider trl: the embedded engine, a transformers job, or a vLLM server started as a job where it was trained',
  defaultHelp: async () => 'the embedded engine if it knows the model, or transformers',
})

const DESCRIPTIONS: Record<string, string> = {
  engine: 'in the embedded engine',
  transformers: 'with transformers, as a job',
  vllm: 'on a vLLM server, started as a job',
}

/**
 * The targets with the way to run them that the user chose. Throws InputError RUN_WITH_UNUSED if a model has no such
 * choice.
 */
export function chooseWay(
  targets: readonly EvaluationTarget[],
  way: RunWith | undefined,
): EvaluationTarget[] {
  if (way === undefined) return [...targets]
  return targets.map((target) => {
    if (target.model.job === undefined && target.problem === undefined) {
      throw new InputError(`${target.name} was not trained with --provider trl: leave out --run-with.`, {
        code: 'RUN_WITH_UNUSED',
        suggestions: [
          `of a folder of your own: --model-id ${way === 'vllm' ? 'vllm' : 'transformers'}:FOLDER`,
        ],
      })
    }
    return { ...target, model: { ...target.model, client: way } }
  })
}

/** How a model that can run in several ways is run: a sentence. */
export function describeWay({ name, model }: EvaluationTarget): string | undefined {
  const { job, client = '' } = model
  const way = DESCRIPTIONS[client]
  if (job === undefined || way === undefined) return undefined
  const where = client === 'engine' ? '' : ` on the engine ${job.engine}`
  return `The model of ${name} is run ${way}${where}.`
}
