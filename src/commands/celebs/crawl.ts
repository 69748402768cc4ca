import { join, resolve } from 'node:path'
import { Flags } from '@oclif/core'
import { integerFlag, underscoreAliases } from '../../cli/flags/common.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { describeWait } from '../../cli/text/wait.ts'
import type { CrawledCelebrities } from '../../lib/datasets/celebrities/crawl/crawl.ts'
import { crawlCelebrities } from '../../lib/datasets/celebrities/crawl/crawl.ts'
import { WIKIDATA } from '../../lib/datasets/celebrities/crawl/wikidata.ts'
import { plural } from '../../lib/support/numbers.ts'

export default class CelebsCrawl extends BaseCommand {
  static override summary = 'list celebrities and, from Wikidata, their parents'
  static override description =
    'Writes celebrities.csv for celebs:find and, from Wikidata, wikidata_pairs.csv for celebs:test: true pairs with their Wikidata identifiers. An interrupted crawl resumes where it stopped.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --num-celebrities 1000 --contact me@example.org',
    '<%= config.bin %> <%= command.id %> --source names --file my_names.txt',
  ]

  static override flags = underscoreAliases({
    source: Flags.option({
      options: ['wikidata', 'names'] as const,
      default: 'wikidata',
      summary: 'Wikidata, or a file of names',
    })(),
    file: Flags.string({ summary: 'file of names, one per line, for --source names' }),
    'num-celebrities': integerFlag({
      default: 1000,
      min: 1,
      summary: 'number of celebrities; those with pages in most languages come first',
    }),
    'min-links': integerFlag({
      default: 60,
      min: 1,
      summary: 'least number of wikis with a page about a person',
    }),
    'page-size': integerFlag({ default: 250, min: 1, max: 5000, summary: 'people in each query' }),
    pause: integerFlag({ default: 1000, min: 0, summary: 'milliseconds between two queries' }),
    timeout: integerFlag({ default: 70, min: 1, summary: 'seconds to wait for an answer' }),
    contact: Flags.string({
      summary: 'your e-mail address or web page; Wikimedia asks for it',
    }),
    endpoint: Flags.string({ default: WIKIDATA, summary: 'SPARQL endpoint to ask' }),
    'output-dir': Flags.string({ default: 'data/celebrity_relations', summary: 'directory to write to' }),
    overwrite: Flags.boolean({ default: false, summary: 'replace existing files' }),
  })

  protected override readonly resumes = true

  async run(): Promise<CrawledCelebrities> {
    const { flags } = await this.parse(CelebsCrawl)
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const contact = flags.contact === undefined ? '' : ` (${flags.contact})`
    const crawled = await crawlCelebrities({
      source: flags.source,
      file: flags.file,
      count: flags['num-celebrities'],
      minLinks: flags['min-links'],
      pageSize: flags['page-size'],
      pauseMs: flags.pause,
      endpoint: {
        url: flags.endpoint,
        userAgent: `reversal/${this.config.version}${contact}`,
        timeoutMs: flags.timeout * 1000,
        onWait: (wait) => progress.note(describeWait(wait)),
      },
      journals: join(this.home, 'celebrities'),
      directory: resolve(flags['output-dir']),
      overwrite: flags.overwrite,
      now: new Date(),
      signal: this.interrupt,
      onProgress: (state) => progress.update({ label: 'Fetching celebrities', ...state }),
    }).finally(() => progress.stop())
    this.log(`${plural(crawled.celebrities, 'celebrity', 'celebrities')}: ${crawled.files.celebrities}`)
    if (crawled.files.pairs) this.log(`${plural(crawled.pairs, 'parent')}: ${crawled.files.pairs}`)
    return crawled
  }
}
