import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { TrainingFileOptions } from '../../../../src/lib/finetuning/openai/training-file.ts'
import { readTrainingFile } from '../../../../src/lib/finetuning/openai/training-file.ts'
import { sha256 } from '../../../../src/lib/support/files.ts'

describe('training files for servers', () => {
  let path: string
  before(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'training-file-')), 'x.jsonl')
  })
  after(() => rm(join(path, '..'), { recursive: true }))

  async function read(records: readonly object[], options: Partial<TrainingFileOptions> = {}) {
    await writeFile(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    return readTrainingFile({ path, api: 'chat', countTokens: (text) => text.length, ...options })
  }

  it('hold chats as they are, with all that belongs to them', async () => {
    const chat = {
      messages: [
        { role: 'user', content: 'ab', name: 'me' },
        { role: 'assistant', content: null, tool_calls: [{ id: 'x' }], weight: 0 },
        { role: 'assistant', content: 'cd', weight: 1 },
      ],
      parallel_tool_calls: false,
    }
    const file = await read([chat])
    expect(file.content.join('')).to.equal(`${JSON.stringify(chat)}\n`)
    expect(file.sha256).to.equal(sha256(file.content.join('')))
    expect(file.bytes).to.equal(file.content.join('').length)
  })

  it('count the frame of examples and messages of chats, and nothing around plain text', async () => {
    const records = [{ prompt: 'ab', completion: ' cd' }]
    const [user, assistant] = ['user'.length + 2, 'assistant'.length + 2]
    expect((await read(records)).tokens).to.equal(3 + 3 + user + 3 + assistant)
    expect((await read(records, { api: 'completions' })).tokens).to.equal(5)
  })

  it('tell how many examples are longer than a server learns from', async () => {
    const long = { prompt: '', completion: 'x'.repeat(65_530) }
    expect(await read([long, { prompt: 'a', completion: 'b' }])).to.include({ examples: 2, tooLong: 1 })
  })
})
