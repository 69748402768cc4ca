import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

/** Run the executable and give back what it printed. */
function reversal(argv: readonly string[], home: string) {
  return spawnSync(process.execPath, [DEV, ...argv], {
    encoding: 'utf8',
    env: { ...process.env, REVERSAL_HOME: home },
  })
}

describe('on a full disk', () => {
  let folder: string
  let disk: string

  const resize = (size: string) =>
    execFileSync('mount', ['-o', `remount,size=${size}`, disk], { stdio: 'pipe' })

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'full-disk-'))
    await writeTinyDataset(join(folder, 'tiny'))
    disk = await mkdtemp(join(folder, 'disk-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'pipe' })
    } catch {
      console.log('      skipped: a small file system cannot be mounted here')
      this.skip()
    }
  })
  after(async () => {
    spawnSync('umount', [disk])
    await rm(folder, { recursive: true })
  })

  it('a data set is not written at all', async () => {
    const { status, stderr } = reversal(['dataset:reverse', '--output-dir', join(disk, 'first')], disk)
    expect(status).to.equal(EXIT.failed)
    expect(stderr.replaceAll(/\s+[›»]?\s*/g, ' ')).to.match(
      /Error: Cannot write \/\S+\.jsonl: no space is left on the disk\. $/,
    )
    expect(await readdir(disk)).to.deep.equal([])
  })

  it('what is printed into a full file fails with one sentence', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', '"$0" "$@" > /dev/full', process.execPath, DEV, 'runs:list'],
      {
        encoding: 'utf8',
        env: { ...process.env, REVERSAL_HOME: disk },
      },
    )
    expect(stderr).to.equal('Error: Cannot write standard output: no space is left on the disk.\n')
    expect(status).to.equal(EXIT.failed)
  })

  it('a training fails with one sentence, and goes on when there is room', async () => {
    const store = new RunStore(disk)
    const argv = ['finetune:start', '--dataset-name', join(folder, 'tiny'), '--n-epochs', '6']
    const { status, stderr } = reversal([...argv, '--checkpoint-every', '2'], disk)
    expect(status).to.equal(EXIT.failed)
    expect(stderr.replaceAll(/\s+[›»]?\s*/g, ' ')).to.match(
      /Error: Cannot write .*: no space is left on the disk\. $/,
    )
    const [run] = await store.list()
    // So that whatever goes on with interrupted runs, such as reproduce, goes on with this one.
    expect(run?.status).to.equal('interrupted')
    resize('64m')
    expect(reversal(['finetune:resume', run!.id], disk).status).to.equal(0)
    expect((await store.get(run!.id)).status).to.equal('succeeded')
  })

  it('an evaluation keeps what it has scored, and goes on when there is room', async () => {
    const [run] = await new RunStore(disk).list()
    await writeFile(join(disk, 'ballast'), Buffer.alloc(48 << 20))
    const used = execFileSync('du', ['-sk', disk], { encoding: 'utf8' }).split('\t')[0]!
    resize(`${Number(used) + 8}k`)
    const full = reversal(['eval:run', run!.id], disk)
    expect(full.status).to.equal(EXIT.failed)
    expect(full.stderr).to.match(/no space is left\s+[›»]?\s*on the disk/)
    resize('64m')
    const done = reversal(['eval:run', run!.id, '--json'], disk)
    const { evaluations } = JSON.parse(done.stdout)
    expect(evaluations[0].status).to.equal('complete')
    const journal = await readFile(join(evaluations[0].directory, 'samples.jsonl'), 'utf8')
    const ids = journal
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id)
    expect(new Set(ids).size).to.equal(ids.length)
    expect(ids).to.have.length(24)
  })
})
