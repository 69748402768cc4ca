import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { PAPER_FIGURE_7, PAPER_TABLE_1, PAPER_TABLE_3 } from '../../../src/lib/evaluation/paper.ts'

const REFERENCE = new URL('../../../../shared/reference/paper.md', import.meta.url)

describe('the paper’s numbers', () => {
  let reference: string

  before(function () {
    if (!existsSync(REFERENCE)) {
      console.log('      skipped: ../shared/reference is not here')
      this.skip()
    }
    reference = readFileSync(REFERENCE, 'utf8')
  })

  const rowsAfter = (heading: string) => {
    const [, ...lines] = reference.slice(reference.indexOf(heading)).split('\n')
    const table = lines.slice(lines.findIndex((line) => line.startsWith('|')))
    const end = table.findIndex((line) => !line.startsWith('|'))
    return table.slice(2, end).map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  }
  const percent = (share: number) => (100 * share).toFixed(1)

  it('are those of Table 1', () => {
    const rows = Object.entries(PAPER_TABLE_1).map(([direction, { same, sameSd, reverse, reverseSd }]) => [
      direction,
      `${percent(same)} +- ${percent(sameSd)}`,
      `${percent(reverse)} +- ${percent(reverseSd)}`,
    ])
    expect(rows).to.deep.equal(rowsAfter('### Table 1'))
  })

  it('are those of Table 3', () => {
    const rows = rowsAfter('### Table 3').map(([size, ...numbers]) => [
      `GPT-3 ${size}`,
      ...numbers.map(Number),
    ])
    expect(PAPER_TABLE_3.map(Object.values)).to.deep.equal(rows)
  })

  it('are those of Figure 7', () => {
    const rows = rowsAfter('### Fig. 7').map(([rate, same, reverse]) => [
      Number(rate),
      ...[same, reverse].map((cells) => cells!.replaceAll('*', '').split(' ')),
    ])
    const ours = PAPER_FIGURE_7.learningRateMultipliers.map((rate, row) => [
      rate,
      ...[PAPER_FIGURE_7.same[row]!, PAPER_FIGURE_7.reverse[row]!].map((shares) => shares.map(percent)),
    ])
    expect(ours).to.deep.equal(rows)
  })
})
