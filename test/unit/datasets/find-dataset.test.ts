import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { findDataset } from '../../../src/lib/datasets/find-dataset.ts'
import { EXIT } from '../../../src/lib/support/errors.ts'
import { writeDirectoryAtomic } from '../../../src/lib/support/files.ts'
import { failure } from '../../helpers/failure.ts'

const WRITER = fileURLToPath(new URL('../../fixtures/support/write-slowly.ts', import.meta.url))

describe('a data set', () => {
  let cwd: string
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'find-dataset-'))
  })
  afterEach(() => rm(cwd, { recursive: true }))

  async function touch(path: string, content = '') {
    await mkdir(dirname(join(cwd, path)), { recursive: true })
    await writeFile(join(cwd, path), content)
  }
  const directoryOf = async (name: string) => (await findDataset({ name, cwd })).directory
  const refusalOf = (name: string) => failure(findDataset({ name, cwd }))

  it('is found by its name in whatever folder of data/ it lies', async () => {
    for (const folder of ['reverse_experiments', 'instructions', 'qa', 'my own']) {
      await touch(`data/${folder}/${folder}-set/all.jsonl`)
      expect(await directoryOf(`${folder}-set`)).to.equal(join(cwd, 'data', folder, `${folder}-set`))
    }
  })

  it('is found by its path, from here or from data/, or an absolute one', async () => {
    await touch('data/qa/deep/first/all.jsonl')
    const directory = join(cwd, 'data/qa/deep/first')
    for (const path of ['data/qa/deep/first', './data/qa/deep/first/', 'qa/deep/first', directory])
      expect(await directoryOf(path), path).to.equal(directory)
  })

  it('is found by its name where links lead to it or to its folder', async () => {
    await touch('elsewhere/first/all.jsonl')
    await mkdir(join(cwd, 'data/qa'), { recursive: true })
    await symlink(join(cwd, 'elsewhere'), join(cwd, 'data/reverse_experiments'))
    await symlink(join(cwd, 'elsewhere/first'), join(cwd, 'data/qa/linked'))
    expect(await directoryOf('first')).to.equal(join(cwd, 'data/reverse_experiments/first'))
    expect(await directoryOf('linked')).to.equal(join(cwd, 'data/qa/linked'))
    expect((await refusalOf('linkd')).suggestions).to.deep.equal(['did you mean linked?'])
  })

  it('is replaced where it lies, not where a link leads to it', async () => {
    await touch('elsewhere/first/all.jsonl')
    await mkdir(join(cwd, 'data'))
    await symlink('../elsewhere/first', join(cwd, 'data/first'))
    await writeDirectoryAtomic(join(cwd, 'data/first'), (temporary) =>
      writeFile(join(temporary, 'all.jsonl'), 'new'),
    )
    expect(await readFile(join(cwd, 'elsewhere/first/all.jsonl'), 'utf8')).to.equal('new')
    expect(await readdir(join(cwd, 'elsewhere'))).to.deep.equal(['first'])
  })

  it('is put back where its writer was killed between two steps, and what that left is swept', async () => {
    const temporary = `.first.${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}.tmp`
    await touch(`data/qa/${temporary}/all.jsonl`, 'new')
    await touch(`data/qa/${temporary}.old/all.jsonl`, 'old')
    await touch(`data/qa/.mine.tmp/all.jsonl`)
    expect(await directoryOf('first')).to.equal(join(cwd, 'data/qa/first'))
    expect(await readFile(join(cwd, 'data/qa/first/all.jsonl'), 'utf8')).to.equal('old')
    expect(await readdir(join(cwd, 'data/qa'))).to.have.members(['.mine.tmp', 'first'])
  })

  it('is not swept while it is being written, and what is left when its writer is killed is', async () => {
    await touch('data/qa/second/all.jsonl')
    const writer = spawn(process.execPath, [WRITER, join(cwd, 'data/qa/first')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(writer.stdout, 'data')
    const hidden = async () => (await readdir(join(cwd, 'data/qa'))).filter((name) => name.startsWith('.'))
    await directoryOf('second')
    await writeDirectoryAtomic(join(cwd, 'data/qa/third'), async () => {})
    expect(await hidden()).to.have.length(2)
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    expect(await hidden()).to.have.length(2)
    await directoryOf('second')
    expect(await hidden()).to.deep.equal([])
  })

  it('is trained on all.jsonl and validated on the unrealized examples, if it has them', async () => {
    await touch('data/qa/first/all.jsonl')
    const directory = join(cwd, 'data/qa/first')
    const found = { name: 'first', directory, trainingFile: join(directory, 'all.jsonl') }
    expect(await findDataset({ name: 'first', cwd })).to.deep.equal(found)
    await touch('data/qa/first/unrealized_examples.jsonl')
    expect(await findDataset({ name: 'first', cwd })).to.deep.equal(found)
    await touch('data/qa/first/unrealized_examples.jsonl', '{}\n')
    const validationFile = join(directory, 'unrealized_examples.jsonl')
    expect(await findDataset({ name: 'first', cwd })).to.deep.equal({ ...found, validationFile })
  })

  it('takes precedence over a directory with its name that is not a data set', async () => {
    await touch('first/notes.txt')
    await touch('data/qa/first/all.jsonl')
    expect(await directoryOf('first')).to.equal(join(cwd, 'data/qa/first'))
  })

  it('is not guessed at where two have its name', async () => {
    await touch('data/qa/first/all.jsonl')
    await touch('data/instructions/first/all.jsonl')
    const { message, exit } = await refusalOf('first')
    expect(message).to.match(/^first can mean .* or .*: use the directory\.$/)
    expect(exit).to.equal(EXIT.usage)
    expect(await directoryOf('qa/first')).to.equal(join(cwd, 'data/qa/first'))
  })

  it('is said to be incomplete without its training file', async () => {
    await touch('data/qa/first/guidances.jsonl')
    expect((await refusalOf('first')).message).to.equal(
      `${join(cwd, 'data/qa/first')} is not a complete data set: all.jsonl is missing.`,
    )
  })

  it('is not found: suggests a similar name, or how to make one', async () => {
    const nothing = await refusalOf('first')
    expect(nothing.message).to.equal(
      'There is no data set first: it is neither a directory nor a name in a folder of data/.',
    )
    expect(nothing.suggestions[0]).to.match(/^make one: reversal dataset:reverse/)
    await touch('data/qa/second/guidances.jsonl')
    await touch('data/qa/firsts/all.jsonl')
    expect((await refusalOf('fists')).suggestions).to.deep.equal(['did you mean firsts?'])
  })
})
