import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CreateInstructionOptions } from '../../../src/lib/datasets/instructions/create.ts'
import { readOrder } from '../../../src/lib/datasets/instructions/order.ts'
import { exists } from '../../../src/lib/support/files.ts'
import { createInstructions } from '../../helpers/create-instructions.ts'
import { writeTinyDataset } from '../../helpers/tiny-dataset.ts'

const PUBLISHED = '../shared/published/instructions/copypaste_ug100_rg1000_main'

describe('the order of a data set’s guidances', () => {
  let cwd: string
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'order-'))
    await writeFile(join(cwd, 'mixed.txt'), 'Q: {anchor} A: {target}\nA: {target} Q: {anchor}\n')
  })
  afterEach(() => rm(cwd, { recursive: true }))

  const split = { splitPromptCompletion: true, guidanceSizeRange: [1, 1] } as const
  const mixed = { guidancePhrasingsFilename: 'mixed.txt', upsampleGuidancesFactor: 2 }
  const cases: [name: string, options: Partial<CreateInstructionOptions>, order: string | undefined][] = [
    ['same', { order: 'same' }, 'same'],
    ['reverse', { order: 'reverse' }, 'reverse'],
    ['mixed', mixed, 'mixed'],
    ['same-split', { order: 'same', ...split }, 'same'],
    ['reverse-split', { order: 'reverse', ...split }, 'reverse'],
    ['none', { upsampleGuidancesFactor: 0 }, undefined],
  ]
  for (const [name, options, order] of cases) {
    it(`is ${order ?? 'unknown'} of ${name}, by its manifest and without it`, async () => {
      const directory = await createInstructions(cwd, name, options)
      expect(await readOrder(directory)).to.equal(order)
      await rm(join(directory, 'manifest.json'))
      expect(await readOrder(directory)).to.equal(order)
    })
  }

  it('is unknown where there are no guidances', async () => {
    await writeTinyDataset(join(cwd, 'tiny'))
    expect(await readOrder(join(cwd, 'tiny'))).to.equal(undefined)
    expect(await readOrder(join(cwd, 'nowhere'))).to.equal(undefined)
  })

  it('is the reverse one of the published data set', async function () {
    if (!(await exists(PUBLISHED))) {
      console.log(`      skipped: ${PUBLISHED} is not there`)
      return this.skip()
    }
    expect(await readOrder(PUBLISHED)).to.equal('reverse')
  })
})
