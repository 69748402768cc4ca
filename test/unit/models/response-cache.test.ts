import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import cacache from 'cacache'
import { expect } from 'chai'
import fc from 'fast-check'
import { ResponseCache } from '../../../src/lib/models/response-cache.ts'
import { exists, sha256 } from '../../../src/lib/support/files.ts'
import { eventually } from '../../helpers/eventually.ts'

const WRITER = fileURLToPath(new URL('../../fixtures/support/cache-answers.ts', import.meta.url))
const any = () => undefined
const answerTo = (question: string) => ({ text: `to ${question}` })

describe('the cache of answers', () => {
  let folder: string
  let directory: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'responses-'))
    directory = join(folder, 'cache')
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function fill(questions: readonly string[]): Promise<void> {
    const cache = new ResponseCache(directory)
    for (const question of questions) await cache.set(question, answerTo(question), { model: 'm' })
  }

  function look(question: string, cache = new ResponseCache(directory)): Promise<unknown> {
    return cache.get(question, any)
  }

  /** The one file that everything is in. */
  async function file(): Promise<string> {
    const names = await readdir(directory)
    expect(names).to.have.length(1)
    return join(directory, names[0]!)
  }

  function startWriter(
    name: string,
    count: number,
    atOnce: number,
  ): ChildProcessByStdio<null, Readable, null> {
    const argv = [WRITER, directory, name, String(count), String(atOnce)]
    return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  it('knows what was asked, in this process and the next', async () => {
    const cache = new ResponseCache(directory)
    expect(await look('a', cache)).to.equal(undefined)
    await cache.set('a', answerTo('a'), { model: 'm' })
    expect(await look('a', cache)).to.deep.equal(answerTo('a'))
    expect(await look('a')).to.deep.equal(answerTo('a'))
    expect(await look('b')).to.equal(undefined)
    await cache.set('a', { text: 'another' }, { model: 'm' })
    expect(await look('a', cache)).to.deep.equal({ text: 'another' })
    expect(await look('a')).to.deep.equal({ text: 'another' })
  })

  it('gives no answer that fails its check', async () => {
    await fill(['a'])
    expect(await new ResponseCache(directory).get('a', () => '"text" is missing')).to.equal(undefined)
  })

  it('takes answers of any text and length', async () => {
    const cache = new ResponseCache(directory)
    const answers = ['\n\r\u2028\0', 'ä🙂\ud800', 'x'.repeat(5000), '"checksum":"', 'y'.repeat(1 << 20)]
    for (const answer of answers) await cache.set(answer, { text: answer }, { model: 'tab\tand\nbreak' })
    for (const answer of answers) expect(await look(answer)).to.deep.equal({ text: answer })
    await cache.set('too long', { text: 'z'.repeat(1 << 22) }, { model: 'm' })
    expect(await look('too long')).to.equal(undefined)
    expect((await cache.info()).models).to.deep.include({
      model: 'tab\tand\nbreak',
      entries: answers.length,
      bytes: Buffer.byteLength(answers.map((answer) => JSON.stringify({ text: answer })).join('')),
    })
  })

  it('is written by many processes at once, and each finds what the others wrote', async () => {
    const open = new ResponseCache(directory)
    expect(await look('first 0', open)).to.equal(undefined)
    const names = ['first', 'second', 'third']
    const written = await Promise.all(names.map((name) => text(startWriter(name, 200, 20).stdout)))
    const questions = written.join('').trim().split('\n')
    expect(questions).to.have.length(600)
    for (const question of questions) expect(await look(question)).to.deep.equal(answerTo(question))
    await eventually('the answer of another process', () => look('first 0', open))
    const info = await open.info()
    expect(info.entries).to.equal(600)
    expect(info.models.map(({ model, entries }) => [model, entries])).to.deep.equal(
      names.map((name) => [name, 200]),
    )
  })

  it('loses nothing that was kept when a process is killed while it writes', async () => {
    for (let moment = 0; moment < 3; moment++) {
      const name = `killed ${moment}`
      const writer = startWriter(name, 1_000_000, 7)
      let written = ''
      writer.stdout.on('data', (chunk) => {
        written += chunk
        if (written.length > 2000 * (moment + 1)) writer.kill('SIGKILL')
      })
      await once(writer, 'close')
      const questions = written.slice(0, written.lastIndexOf('\n')).split('\n')
      expect(questions).to.have.length.above(50)
      for (const question of questions) expect(await look(question)).to.deep.equal(answerTo(question))
      await fill([`after ${name}`])
      expect(await look(`after ${name}`)).to.deep.equal(answerTo(`after ${name}`))
    }
  })

  it('loses at most the line that a process was killed in, wherever that was cut', async () => {
    await fill(['a', 'b'])
    const path = await file()
    const whole = await readFile(path)
    const others = new ResponseCache(directory)
    const end = whole.lastIndexOf('{"question"')
    for (let cut = end; cut < whole.length; cut += 5) {
      await writeFile(path, whole)
      expect(await look('b', others)).to.deep.equal(answerTo('b'))
      await truncate(path, cut)
      await others.set('c', answerTo('c'), { model: 'm' })
      for (const question of ['a', 'c']) expect(await look(question)).to.deep.equal(answerTo(question))
      expect(await look('b')).to.be.oneOf([undefined])
    }
  })

  it('gives only what was written, whatever became of the file', async () => {
    const questions = Array.from({ length: 6 }, (_, index) => `q${index}`)
    await fill(questions)
    const path = await file()
    const whole = await readFile(path)
    const foreign = fc.constantFrom(
      '{}',
      '[1]',
      '{"question":"',
      '\0\0\0',
      'null',
      'x'.repeat(3000),
      whole.toString(),
    )
    const damage = fc.record({
      flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
      from: fc.nat(whole.length),
      inserted: fc.option(foreign, { nil: '' }),
      cut: fc.nat(400),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ flips, from, inserted, cut }) => {
        const damaged = Buffer.from(whole)
        for (const [at, bits] of flips) damaged[at]! ^= bits
        const parts = [damaged.subarray(0, from), Buffer.from(inserted), damaged.subarray(from + cut)]
        await writeFile(path, Buffer.concat(parts))
        for (const question of questions) {
          const found = await look(question)
          if (found !== undefined) expect(found).to.deep.equal(answerTo(question))
        }
        expect((await new ResponseCache(directory).info()).entries).to.be.at.most(questions.length)
        await fill(['new'])
        expect(await look('new')).to.deep.equal(answerTo('new'))
      }),
      { numRuns: 60 },
    )
  })

  it('finds the lines around one that is longer than any answer', async () => {
    await fill(['a'])
    await appendFile(await file(), 'x'.repeat((1 << 23) + 100))
    await fill(['b'])
    for (const question of ['a', 'b']) expect(await look(question)).to.deep.equal(answerTo(question))
  })

  it('reads the files of other machines and leaves foreign ones alone', async () => {
    await fill(['a'])
    await rename(await file(), join(directory, 'answers-0123abcd.jsonl'))
    await writeFile(join(directory, 'answers-x.jsonl'), 'not ours')
    await writeFile(join(directory, 'notes.txt'), 'not ours')
    await mkdir(join(directory, 'answers-ffffffff.jsonl'))
    const told: string[] = []
    const cache = new ResponseCache(directory, { onFailure: (sentence) => told.push(sentence) })
    expect(await look('a', cache)).to.deep.equal(answerTo('a'))
    expect(told).to.have.length(1)
  })

  it('goes on when another process clears it', async () => {
    const cache = new ResponseCache(directory)
    await cache.set('a', answerTo('a'), { model: 'm' })
    expect(await look('a', cache)).to.deep.equal(answerTo('a'))
    await new ResponseCache(directory).clear()
    expect(await look('a', cache)).to.equal(undefined)
    await cache.set('b', answerTo('b'), { model: 'm' })
    expect(await look('b', cache)).to.deep.equal(answerTo('b'))
    expect(await look('a', cache)).to.equal(undefined)
    expect(await cache.info()).to.include({ entries: 1 })
    await cache.clear()
    expect(await exists(directory)).to.equal(false)
    expect(await cache.info()).to.deep.include({ entries: 0, bytes: 0, models: [] })
  })

  it('says once that it cannot be written, and is read all the same', async function () {
    if (!(await exists('/dev/full'))) return this.skip()
    await fill(['a'])
    const path = await file()
    await rename(path, join(directory, 'answers-0123abcd.jsonl'))
    await symlink('/dev/full', path)
    const told: string[] = []
    const cache = new ResponseCache(directory, { onFailure: (sentence) => told.push(sentence) })
    await Promise.all(['b', 'c'].map((question) => cache.set(question, answerTo(question), { model: 'm' })))
    expect(told).to.deep.equal([
      `Answers are not cached (${directory}): Cannot write ${path}: no space is left on the disk.`,
    ])
    expect(await look('a', cache)).to.deep.equal(answerTo('a'))
    expect(await look('b', cache)).to.equal(undefined)
  })

  describe('in a folder of an earlier version', () => {
    const keyOf = (question: string) => sha256(JSON.stringify([1, question]))
    const keep = (question: string) =>
      cacache.put(directory, keyOf(question), JSON.stringify(answerTo(question)), {
        metadata: { model: 'old' },
      })

    it('finds its answers and adds new ones', async () => {
      await keep('a')
      await keep('b')
      await cacache.put(directory, keyOf('gone'), '{}')
      await cacache.rm.entry(directory, keyOf('gone'))
      const cache = new ResponseCache(directory)
      expect(await look('a', cache)).to.deep.equal(answerTo('a'))
      for (const missing of ['c', 'gone']) expect(await look(missing, cache)).to.equal(undefined)
      await cache.set('b', answerTo('b'), { model: 'new' })
      await cache.set('c', answerTo('c'), { model: 'new' })
      const bytes = Buffer.byteLength(JSON.stringify(answerTo('a')))
      expect(await cache.info()).to.deep.equal({
        directory,
        entries: 3,
        bytes: 3 * bytes,
        models: [
          { model: 'new', entries: 2, bytes: 2 * bytes },
          { model: 'old', entries: 1, bytes },
        ],
      })
      await cache.clear()
      expect(await look('a')).to.equal(undefined)
    })

    it('gives none that is damaged', async () => {
      await keep('a')
      const { path } = (await cacache.get.info(directory, keyOf('a')))!
      for (const damage of ['{"text":"to b"}', '']) {
        await writeFile(path, damage)
        expect(await look('a')).to.equal(undefined)
      }
      await rm(path)
      expect(await look('a')).to.equal(undefined)
      const index = (
        await readdir(join(directory, 'index-v5'), { recursive: true, withFileTypes: true })
      ).find((entry) => entry.isFile())!
      await keep('b')
      await writeFile(join(index.parentPath, index.name), '\nnothing\t{}\n\t\n')
      expect(await look('a')).to.equal(undefined)
      expect(await look('b')).to.deep.equal(answerTo('b'))
      expect(await new ResponseCache(directory).info()).to.include({ entries: 1 })
    })
  })
})
