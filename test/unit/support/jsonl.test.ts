import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { schemaCheck } from '../../../src/lib/schemas/compile.ts'
import { InputError } from '../../../src/lib/support/errors.ts'
import { sha256File } from '../../../src/lib/support/files.ts'
import { readJsonl, readJsonlFrom, writeJsonl } from '../../../src/lib/support/jsonl.ts'

const check = schemaCheck({
  type: 'object',
  required: ['prompt'],
  properties: { prompt: { type: 'string' } },
})

describe('JSON Lines', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-jsonl-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function failure(content: string | Uint8Array): Promise<InputError> {
    const path = join(folder, 'bad.jsonl')
    await writeFile(path, content)
    const error = await readJsonl(path, { check }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(InputError)
    return error as InputError
  }

  it('reads on from where it was left, whole lines only', async () => {
    const path = join(folder, 'grows.jsonl')
    const line = (prompt: string) => `${JSON.stringify({ prompt })}\n`
    expect(await readJsonlFrom(path, { from: 0, check })).to.deep.equal({ records: [], bytes: 0 })
    await writeFile(path, `${line('é')}${line('b').slice(0, 5)}`)
    const first = await readJsonlFrom(path, { from: 0, check })
    expect(first).to.deep.equal({ records: [{ prompt: 'é' }], bytes: Buffer.byteLength(line('é')) })
    await writeFile(path, line('é') + line('b') + line('c'))
    const { records, bytes } = await readJsonlFrom(path, { from: first.bytes, check })
    expect(records).to.deep.equal([{ prompt: 'b' }, { prompt: 'c' }])
    // One that is shorter now is another.
    await writeFile(path, line('d'))
    expect((await readJsonlFrom(path, { from: bytes, check })).records).to.deep.equal([{ prompt: 'd' }])
    await writeFile(path, '{"n": 1}\n')
    const error = await readJsonlFrom(path, { from: 0, check }).catch((reason: unknown) => reason)
    expect(error)
      .to.be.instanceOf(InputError)
      .with.property('message')
      .match(/grows\.jsonl has a line that is invalid: "prompt" is missing/)
  })

  it('reads what it wrote, as Python writes it', async () => {
    const path = join(folder, 'a.jsonl')
    const records = [{ prompt: 'é "x"', n: [1, 2] }, { prompt: '' }]
    expect(await writeJsonl(path, records)).to.deep.equal({ lines: 2, sha256: await sha256File(path) })
    expect(await readFile(path, 'utf8')).to.equal(
      '{"prompt": "\\u00e9 \\"x\\"", "n": [1, 2]}\n{"prompt": ""}\n',
    )
    expect(await readJsonl(path, { check })).to.deep.equal(records)
    expect(await readdir(folder)).to.deep.equal(['a.jsonl'])
  })

  it('writes many records, and copies of one, over many blocks', async () => {
    const path = join(folder, 'many.jsonl')
    const copies = new Array<unknown>(3).fill({ prompt: 'x'.repeat(200_000) })
    const records = [...copies, ...Array.from({ length: 30_000 }, (_, prompt) => ({ prompt: `${prompt}` }))]
    const written = await writeJsonl(path, records)
    expect(written).to.deep.equal({ lines: records.length, sha256: await sha256File(path) })
    expect(await readJsonl(path, { check })).to.deep.equal(records)
    expect(await writeJsonl(path, [])).to.deep.equal({ lines: 0, sha256: await sha256File(path) })
  })

  it('names the line and what is wrong with it', async () => {
    expect((await failure('{"prompt": "a"}\n{"prompt": 1}\n')).message).to.match(
      /bad\.jsonl:2 is invalid: "prompt" must be a string/,
    )
    expect((await failure('{"prompt": "a"}\n{"prom')).message).to.match(
      /bad\.jsonl:2 is not a whole JSON value/,
    )
    expect((await failure('{"prompt": "a"}\n\n{"prompt": "b"}\n')).message).to.match(/bad\.jsonl:2 is empty/)
    expect((await failure('\n\n')).message).to.match(/bad\.jsonl:1 .*the file is empty/)
    expect((await failure('')).message).to.match(/bad\.jsonl:1 .*the file is empty/)
    expect((await failure(Buffer.from('{"prompt": "a"}\n{"prompt": "\xff"}\n', 'latin1'))).message).to.match(
      /bad\.jsonl:2 is not UTF-8/,
    )
  })

  it('reads past a byte-order mark and blank lines at the end', async () => {
    const path = join(folder, 'edited.jsonl')
    await writeFile(path, '\ufeff{"prompt": "a"}\r\n{"prompt": "b"}\r\n\r\n  \n')
    expect(await readJsonl(path, { check })).to.deep.equal([{ prompt: 'a' }, { prompt: 'b' }])
  })

  it('says that a file is not there', async () => {
    const error = await readJsonl(join(folder, 'none.jsonl'), { check }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error)
      .to.be.instanceOf(InputError)
      .with.property('message')
      .match(/There is no file/)
  })

  it('reads more short lines in a block than a call takes arguments', async () => {
    const path = join(folder, 'short.jsonl')
    await writeFile(path, '1\n'.repeat(400_000))
    expect(await readJsonl(path, { check: () => undefined })).to.have.length(400_000)
  })

  it('leaves out the cut-off last line of a journal', async () => {
    const path = join(folder, 'journal.jsonl')
    await writeFile(path, '{"prompt": "a"}\n{"prom')
    expect(await readJsonl(path, { check, journal: true })).to.deep.equal([{ prompt: 'a' }])
  })
})
