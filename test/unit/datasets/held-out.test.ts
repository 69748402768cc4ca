import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { checkHeldOut } from '../../../src/lib/datasets/held-out.ts'
import { writeJsonl } from '../../../src/lib/support/jsonl.ts'

describe('a check of a training file against a data set', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'reversal-held-out-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const at = (name: string) => join(directory, `${name}.jsonl`)

  it('names each test prompt of a line once, in the order of the tests', async () => {
    await writeJsonl(at('unrealized_examples'), [
      { prompt: 'Q: Rain? A:', completion: ' Daily.' },
      { prompt: 'Q: Rain? A:', completion: ' Never.' },
      { prompt: 'Sun? A:', completion: ' Daily.' },
    ])
    await writeJsonl(at('mine'), [
      { prompt: 'Q: Snow? A:', completion: ' Daily.' },
      { prompt: 'q:  RAIN? a:', completion: ' and: sun? A: daily' },
    ])
    const { findings, ...counts } = await checkHeldOut({ file: at('mine'), directory })
    expect(counts).to.deep.equal({ against: directory, lines: 1, prompts: 2, facts: 0 })
    expect(findings.map(({ line, message }) => [line, message])).to.deep.equal([
      [2, 'holds the test prompt in line 1 of unrealized_examples.jsonl'],
      [2, 'holds the test prompt in line 3 of unrealized_examples.jsonl'],
    ])
  })

  it('seeks no test that is punctuation alone', async () => {
    await writeJsonl(at('unrealized_examples'), [{ prompt: '?', completion: ' …' }])
    await writeJsonl(at('mine'), [{ prompt: 'What?', completion: ' That … is it.' }])
    expect((await checkHeldOut({ file: at('mine'), directory })).findings).to.deep.equal([])
  })
})
