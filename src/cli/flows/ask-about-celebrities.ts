import { join } from 'node:path'
import type { AskedModel, AskingEvent } from '../../lib/experiments/ask-about-celebrities.ts'
import { displayName } from '../../lib/experiments/celebrity-files.ts'
import { answerCost, loadPrices } from '../../lib/models/openai/prices.ts'
import type { CelebsModelFlags } from '../flags/celebs.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { loadExtensions } from '../shell/extensions.ts'
import { Progress } from '../shell/progress.ts'
import { renderPlan } from '../text/celebrities.ts'
import { openNamedModel } from './open-named-model.ts'

export interface Asking extends AskedModel {
  onEvent: (event: AskingEvent) => Promise<void>
  /** Ends the live line, as another step begins. */
  onStep: () => void
}

/** Asks a model about celebrities and shows the progress; asks the user first if it costs money. */
export async function askVisibly<T>(
  command: BaseCommand,
  flags: CelebsModelFlags & { batch?: boolean; detach?: boolean },
  ask: (asking: Asking) => Promise<T>,
): Promise<T> {
  const { 'model-name': reference } = flags
  const prices = await loadPrices(flags.prices)
  const progress = new Progress({ quiet: command.jsonEnabled() })
  const extensions = await loadExtensions(command.config)
  const { model, target } = await openNamedModel(reference, {
    ...extensions,
    ...{ flags, progress, home: command.home, cacheDirectory: command.responseCache },
    batch: flags.batch || flags.detach ? { follow: !flags.detach } : undefined,
    signal: command.interrupt,
  })
  const onEvent = async (event: AskingEvent) => {
    if (event.type === 'asking') return progress.update({ label: event.label, ...event.progress })
    progress.stop()
    if (event.type === 'warning') return command.logToStderr(`Warning: ${event.message}`)
    if (!model.hosted) return
    const cost = answerCost(prices, reference, event.plan.tokens)
    command.logToStderr(cost.costBasis)
    await command.confirm(renderPlan(reference, event.plan, cost), flags)
  }
  try {
    return await ask({
      model,
      modelName: displayName(reference, extensions.models),
      aliasesFile: flags.aliases,
      exactNames: flags['exact-names'],
      seed: flags.seed,
      journals: join(command.home, 'celebrities'),
      evaluationsDirectory: target.evaluationsDirectory,
      runId: target.runId,
      toolVersion: command.config.version,
      onStep: () => progress.stop(),
      onEvent,
      signal: command.interrupt,
    })
  } finally {
    progress.stop()
    await model.close()
  }
}
