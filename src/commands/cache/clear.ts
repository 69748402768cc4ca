import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { ResponseCache } from '../../lib/models/response-cache.ts'

export interface CacheClearResult {
  directory: string
  /** Answers that were kept. */
  removed: number
}

export default class CacheClear extends BaseCommand {
  static override summary = 'forget the answers of hosted models; asking again costs again'
  static override examples = ['<%= config.bin %> <%= command.id %> --yes']
  static override flags = {
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask' }),
  }

  async run(): Promise<CacheClearResult> {
    const { flags } = await this.parse(CacheClear)
    const cache = new ResponseCache(this.responseCache)
    const { directory, entries: removed } = await cache.info()
    if (removed > 0) await this.confirm(`Forget ${removed} answers in ${directory}?`, flags)
    await cache.clear()
    this.log(removed === 0 ? 'There was nothing to forget.' : `Forgot ${removed} answers.`)
    return { directory, removed }
  }
}
