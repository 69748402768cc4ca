import { expect } from 'chai'
import { decodeResults, parseResults } from '../../../../src/lib/finetuning/openai/result-file.ts'

const HEADER = 'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy'
const WHOLE = `${HEADER}\n1,2.5,0.25,,\n2,1.25,0.5,3,0.1\n`
const ROWS = [
  { step: 1, train_loss: 2.5, train_accuracy: 0.25, valid_loss: null, valid_mean_token_accuracy: null },
  { step: 2, train_loss: 1.25, train_accuracy: 0.5, valid_loss: 3, valid_mean_token_accuracy: 0.1 },
]

describe('result files', () => {
  it('come as they are or as base64', () => {
    const encoded = Buffer.from(WHOLE).toString('base64')
    for (const content of [WHOLE, encoded, `${encoded.slice(0, 76)}\n${encoded.slice(76)}\n`])
      expect(decodeResults(content)).to.equal(WHOLE)
  })

  it('hold numbers by column, null where one is empty', () => {
    expect(parseResults(WHOLE)).to.deep.equal({ rows: ROWS })
    expect(parseResults(WHOLE.replaceAll('\n', '\r\n')).rows).to.deep.equal(ROWS)
    expect(parseResults('step,train_loss\n')).to.deep.equal({ rows: [] })
  })

  it('are read up to where they are cut off before the last cell', () => {
    const row = WHOLE.lastIndexOf('\n', WHOLE.length - 2) + 1
    const cell = WHOLE.lastIndexOf(',') + 1
    for (let end = row + 1; end <= cell; end++) {
      const cut = parseResults(WHOLE.slice(0, end))
      expect(cut).to.deep.equal({ rows: ROWS.slice(0, 1), problem: 'is cut off in line 3' })
    }
  })

  it('are whole without a last line break', () => {
    expect(parseResults(WHOLE.slice(0, -1))).to.deep.equal({ rows: ROWS })
    const third = `${WHOLE}3,1,0.75,,`
    const row = { step: 3, train_loss: 1, train_accuracy: 0.75, valid_loss: null }
    expect(parseResults(third)).to.deep.equal({
      rows: [...ROWS, { ...row, valid_mean_token_accuracy: null }],
    })
  })

  it('are read up to where they are damaged', () => {
    for (const line of ['2,x,0.5,3,0.1', '2,1.25', ',1.25,0.5,3,0.1', '2,1.25,0.5,3,0.1,9']) {
      const damaged = parseResults(`${HEADER}\n1,2.5,0.25,,\n${line}\n3,1,1,1,1\n`)
      expect(damaged).to.deep.equal({ rows: ROWS.slice(0, 1), problem: 'is damaged in line 3' })
    }
  })

  it('are told from other files', () => {
    for (const text of ['', '<html>\n</html>\n', '{"error": {}}', decodeResults('QUJDRA==')])
      expect(parseResults(text)).to.deep.equal({ rows: [], problem: 'is not a table of losses by step' })
  })
})
