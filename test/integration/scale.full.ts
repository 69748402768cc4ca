import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCli } from '../../scripts/bench/scale/run-cli.ts'
import { prepare, STEPS } from '../../scripts/bench/scale/steps.ts'

const SIZE = 1e6
const MOST_MIB = 1024

/** They hold all records at once, as transforms, evaluators and tests of two evaluations take them. */
const UNBOUNDED = ['dataset:transform', 'eval:run', 'eval:compare']

describe('a million pairs, lines and prompts', function () {
  this.timeout(3_600_000)
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-scale-'))
    await prepare(folder, SIZE)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  for (const { command, of, args } of STEPS) {
    if (UNBOUNDED.some((name) => command.startsWith(name))) continue
    it(`take less than 1 GiB in ${command} of ${of}`, async () => {
      const { peakMiB } = await runCli(args(SIZE), folder)
      expect(peakMiB).to.be.below(MOST_MIB)
    })
  }
})
