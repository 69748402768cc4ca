import { join, resolve } from 'node:path'
import { Command, Errors, ux } from '@oclif/core'
import { InputError } from '../../lib/support/errors.ts'
import { format } from '../../lib/support/node-util.ts'
import { escapeUnprintable, printable } from '../../lib/support/printable.ts'
import type { TrackerFlagValues } from '../flags/tracker.ts'
import type { TrackerAccess } from '../flows/tracker.ts'
import { confirm } from './confirm.ts'
import { adviseAgain, asInterruption, interruptSignal } from './interrupt.ts'
import { quietNotices } from './notice.ts'
import { forTerminal } from './paint.ts'
import { PresentedError } from './presented-error.ts'
import { preferUnknownFlags } from './unknown-flags.ts'

/** What every command shares: `--json`, the rendering of errors, Ctrl-C, the folder of runs. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  /** True if running the same command again continues after an interruption and repeats nothing. */
  protected readonly resumes: boolean = false

  /** The folder that holds the runs: `REVERSAL_HOME`, or `.reversal` in the working directory. */
  get home(): string {
    return resolve(process.env.REVERSAL_HOME || '.reversal')
  }

  /** The folder that keeps the answers of hosted models, for all runs of this user. */
  get responseCache(): string {
    return join(this.config.cacheDir, 'responses')
  }

  /** Aborts at the first Ctrl-C; a second one ends the process at once. */
  get interrupt(): AbortSignal {
    return interruptSignal()
  }

  /** The tracker that the flags select, if one is used. */
  protected async tracker(flags: TrackerFlagValues): Promise<TrackerAccess> {
    const { openAccess } = await import('../flows/tracker.ts')
    return openAccess(this, flags)
  }

  /**
   * Asks before spending money or deleting files. `yes` confirms; without it and without a terminal, throws.
   */
  async confirm(question: string, { yes }: { yes: boolean }): Promise<void> {
    if (yes) return
    if (!process.stdin.isTTY || this.jsonEnabled()) {
      throw new InputError(`${question} Without a terminal, use --yes to confirm.`, {
        code: 'CONFIRMATION_NEEDED',
      })
    }
    if (!(await confirm(question, { signal: this.interrupt })))
      throw new InputError('Stopped: nothing was changed.', { code: 'DECLINED' })
  }

  protected override async init(): Promise<void> {
    await super.init()
    quietNotices(this.jsonEnabled())
  }

  /** Foreign text is cleaned here, as all output passes through it. */
  override log(message = '', ...args: unknown[]): void {
    super.log(forTerminal(format(message, ...args)))
  }

  override logToStderr(message = '', ...args: unknown[]): void {
    super.logToStderr(forTerminal(format(message, ...args)))
  }

  override warn(input: string | Error): string | Error {
    return super.warn(printable(typeof input === 'string' ? input : input.message))
  }

  override logJson(json: unknown): void {
    ux.stdout(
      escapeUnprintable(ux.colorizeJson(json, { pretty: true, theme: this.config.theme?.json ?? {} })),
    )
  }

  protected override async catch(error: Error): Promise<unknown> {
    if (error instanceof Errors.ExitError) return super.catch(error)
    const debug = !['', '0', undefined].includes(process.env.REVERSAL_DEBUG)
    const parsed = { argv: this.argv, flags: this.ctor.flags }
    const { error: met, exit } = asInterruption(preferUnknownFlags(error, parsed))
    const told = this.resumes ? adviseAgain(met) : met
    const presented = new PresentedError(told, { debug, exit })
    if (!this.jsonEnabled()) super.logToStderr(presented.render())
    return super.catch(presented)
  }

  protected override toErrorJson(error: Error): unknown {
    return error instanceof PresentedError ? error.json : super.toErrorJson(error)
  }
}
