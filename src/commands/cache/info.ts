import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderTable, terminalWidth } from '../../cli/text/table.ts'
import type { CacheInfo } from '../../lib/models/response-cache.ts'
import { ResponseCache } from '../../lib/models/response-cache.ts'
import { formatBytes, formatCount } from '../../lib/support/numbers.ts'

export default class CacheInfoCommand extends BaseCommand {
  static override summary = 'show the number and location of cached answers of hosted models'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<CacheInfo> {
    await this.parse(CacheInfoCommand)
    const info = await new ResponseCache(this.responseCache).info()
    const right = { align: 'right' } as const
    this.log(
      renderTable(
        [
          { head: 'model', least: 20 },
          { head: 'answers', ...right },
          { head: 'size', ...right },
        ],
        [...info.models, { model: 'all', ...info }].map(({ model, entries, bytes }) => [
          model,
          formatCount(entries),
          formatBytes(bytes),
        ]),
        { width: terminalWidth() },
      ),
    )
    this.log(`${info.directory}\n`)
    return info
  }
}
