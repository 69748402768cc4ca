import { join, resolve } from 'node:path'
import { Command, Errors } from '@oclif/core'
import { InputError } from '../lib/support/errors.ts'
import { confirm } from './confirm.ts'
import { interruptSignal } from './interrupt.ts'
import { PresentedError } from './presented-error.ts'
import type { WandbAccess } from './wandb.ts'
import type { WandbFlagValues } from './wandb-flags.ts'

/** What every command shares: `--json`, the rendering of errors, Ctrl-C, the folder of runs. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  /** The folder that holds the runs: `REVERSAL_HOME`, or `.reversal` in the working directory. */
  get home(): string {
    return resolve(process.env.REVERSAL_HOME ?? '.reversal')
  }

  /** The folder that keeps the answers of hosted models, for all runs of this user. */
  get responseCache(): string {
    return join(this.config.cacheDir, 'responses')
  }

  /** Aborts at the first Ctrl-C; a second one ends the process at once. */
  get interrupt(): AbortSignal {
    return interruptSignal()
  }

  /** The project on Weights & Biases that the flags name, where it is wanted. */
  protected async wandb(flags: WandbFlagValues): Promise<WandbAccess> {
    const { openAccess } = await import('./wandb.ts')
    return openAccess({ flags, home: this.home, say: (text) => this.logToStderr(text) })
  }

  /** Ask before money or files are at stake. `yes` answers; without it and without a terminal it is an error. */
  async confirm(question: string, { yes }: { yes: boolean }): Promise<void> {
    if (yes) return
    if (!process.stdin.isTTY || this.jsonEnabled()) {
      throw new InputError(`${question} There is no terminal to ask: say --yes to go on.`, {
        code: 'CONFIRMATION_NEEDED',
      })
    }
    if (!(await confirm(question)))
      throw new InputError('Stopped: nothing was changed.', { code: 'DECLINED' })
  }

  protected override async catch(error: Error): Promise<unknown> {
    if (error instanceof Errors.ExitError) return super.catch(error)
    const debug = !['', '0', undefined].includes(process.env.REVERSAL_DEBUG)
    const presented = new PresentedError(error, { debug })
    if (!this.jsonEnabled()) this.logToStderr(presented.render())
    return super.catch(presented)
  }

  protected override toErrorJson(error: Error): unknown {
    return error instanceof PresentedError ? error.json : super.toErrorJson(error)
  }
}
