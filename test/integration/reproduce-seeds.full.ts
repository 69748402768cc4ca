import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ReproduceResult } from '../../src/cli/flows/reproduction.ts'
import type { ReportTables } from '../../src/lib/reporting/write-report.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runJson } from '../helpers/run-command.ts'

describe('reproduce with three seeds', () => {
  inOwnFolder('reproduce-seeds-')

  it('finds no difference between names in reverse, and a large one in the direction of training', async () => {
    const { report } = await runJson<ReproduceResult>('reproduce', '--seeds', '1,2,3')
    const text = await readFile(join(report.directory, 'tables.json'), 'utf8')
    const { tables } = JSON.parse(text) as ReportTables
    const own = (name: string) => tables[name]!.rows.filter(({ run }) => run !== undefined && run !== 'all')
    expect(own('figure4_reverse')).to.have.length(3)
    for (const { p_holm, difference } of own('figure4_reverse')) {
      expect(p_holm).to.be.above(0.05)
      expect(difference).to.be.within(-1.5, 1.5)
    }
    for (const { p_holm, difference } of own('figure4_same')) {
      expect(p_holm).to.be.below(1e-4)
      expect(difference).to.be.above(4)
    }
  })
})
