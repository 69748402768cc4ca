import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { ResponseCache } from '../../lib/models/response-cache.ts'
import { plural } from '../../lib/support/numbers.ts'

export interface CacheClearResult {
  directory: string
  /** Answers that were kept. */
  removed: number
}

export default class CacheClear extends BaseCommand {
  static override summary = 'delete the cached answers of hosted models; asking again costs money again'
  static override examples = ['<%= config.bin %> <%= command.id %> --yes']
  static override flags = {
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask' }),
  }

  async run(): Promise<CacheClearResult> {
    const { flags } = await this.parse(CacheClear)
    const cache = new ResponseCache(this.responseCache)
    const { directory, entries: removed } = await cache.info()
    if (removed > 0) await this.confirm(`Delete ${plural(removed, 'answer')} in ${directory}?`, flags)
    await cache.clear()
    this.log(removed === 0 ? 'The cache is empty.' : `Deleted ${plural(removed, 'answer')}.`)
    return { directory, removed }
  }
}
