import { join } from 'node:path'
import { SHIPPED_ALIASES } from '../../lib/datasets/celebrities/names.ts'
import type { TestCelebritiesOptions } from '../../lib/experiments/ask-about-celebrities.ts'
import { displayName } from '../../lib/experiments/celebrity-files.ts'
import { answerCost, loadPrices } from '../../lib/models/openai/prices.ts'
import type { CelebsModelFlags } from '../flags/celebs.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { Progress } from '../shell/progress.ts'
import { renderPlan } from '../text/celebrities.ts'
import { openNamedModel } from './open-named-model.ts'

export type Asking = Pick<
  TestCelebritiesOptions,
  | 'model'
  | 'modelName'
  | 'aliasesFile'
  | 'seed'
  | 'journals'
  | 'onWarning'
  | 'onPlan'
  | 'signal'
  | 'onProgress'
> & {
  /** Ends the live line: something else begins. */
  onStep: () => void
}

/** Ask a model about celebrities before the user's eyes, who is asked first where it costs money. */
export async function askVisibly<T>(
  command: BaseCommand,
  flags: CelebsModelFlags,
  ask: (asking: Asking) => Promise<T>,
): Promise<T> {
  const { 'model-name': reference, aliases = SHIPPED_ALIASES } = flags
  const prices = await loadPrices(flags.prices)
  const progress = new Progress({ quiet: command.jsonEnabled() })
  const model = await openNamedModel(reference, {
    ...{ flags, progress, home: command.home, cacheDirectory: command.responseCache },
    signal: command.interrupt,
  })
  try {
    return await ask({
      model,
      modelName: displayName(reference),
      aliasesFile: flags['exact-names'] ? null : aliases,
      seed: flags.seed,
      journals: join(command.home, 'celebrities'),
      onStep: () => progress.stop(),
      onWarning: (message) => {
        progress.stop()
        command.logToStderr(`Warning: ${message}`)
      },
      onPlan: async (plan) => {
        if (!model.hosted) return
        progress.stop()
        const cost = answerCost(prices, reference, plan.tokens)
        command.logToStderr(cost.costBasis)
        await command.confirm(renderPlan(reference, plan, cost), flags)
      },
      signal: command.interrupt,
      onProgress: (label, state) => progress.update({ label, ...state }),
    })
  } finally {
    progress.stop()
    await model.close()
  }
}
