import { Help } from '@oclif/core'

/**
 * `reversal reproduce cures --help` shows the help of `reproduce:cures`; oclif alone would show that of `reproduce`.
 */
export default class CommandHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    const [id, word, ...rest] = argv
    const whole = `${id}:${word}`
    return super.showHelp(this.config.commandIDs.includes(whole) ? [whole, ...rest] : argv)
  }
}
