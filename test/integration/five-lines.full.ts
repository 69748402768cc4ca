import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const CLI = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

describe('the five lines, as they stand, in an empty folder', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'five-lines-'))
  })
  after(() => rm(folder, { recursive: true }))

  function reversal(line: string): string {
    const { REVERSAL_HOME: _home, ...env } = process.env
    const options = { cwd: folder, env, encoding: 'utf8' } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...line.split(' ')], options)
    expect(status, stderr).to.equal(0)
    return stdout
  }

  it('each do something useful', async () => {
    expect(reversal('dataset:reverse')).to.include('Wrote the data set')
    expect(reversal('instructions:create --task copypaste')).to.match(/copypaste_ug100_rg1000_main/)
    expect(reversal('finetune:start')).to.match(/^Trained ft-\w{8}: /m)
    expect(reversal('runs:list --filter ada')).to.match(/^ft-\w{8} +local\/ada +eval +n30_train30_test10/m)
    const evaluated = reversal('eval:run --tag eval')
    const shareOf = (row: string) => {
      const [, share] = new RegExp(`^${row} +300 +([\\d.]+) %`, 'm').exec(evaluated) ?? []
      return Number(share)
    }
    // Chance is one name of 30; what was learned is far above it.
    for (const trained of ['NameToDescription', 'DescriptionToName']) {
      expect(shareOf(`${trained}, same`)).to.be.above(30)
      expect(shareOf(`${trained}, reverse`)).to.be.below(10)
    }
    expect(await readdir(folder)).to.have.members(['.reversal', 'data'])
  })
})
