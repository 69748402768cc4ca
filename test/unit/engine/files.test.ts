import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadCheckpoint, saveCheckpoint } from '../../../src/lib/engine/checkpoints.ts'
import { readModel, saveModel } from '../../../src/lib/engine/model-files.ts'
import { readSafetensors, writeSafetensors } from '../../../src/lib/engine/safetensors.ts'
import { createTokenizer } from '../../../src/lib/engine/tokenizer.ts'
import { initialWeights } from '../../../src/lib/engine/weights.ts'
import { InputError, ReversalError } from '../../../src/lib/support/errors.ts'
import { failure } from '../../helpers/failure.ts'
import { randomArray } from './run-graph.ts'

const arrays = new Map([
  ['a', randomArray([2, 3], 1)],
  ['b', randomArray([4], 2)],
])

describe('the files of the engine', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-engine-'))
  })

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  describe('safetensors', () => {
    it('come back as they were written', async () => {
      const path = join(folder, 'x.safetensors')
      const checksum = await writeSafetensors(path, arrays, { note: 'é' })
      expect(await readSafetensors(path)).to.deep.equal({ arrays, metadata: { note: 'é' }, checksum })
    })

    it('follow the format: an aligned JSON header with types, shapes and offsets', async () => {
      const path = join(folder, 'x.safetensors')
      await writeSafetensors(path, arrays, {})
      const file = await readFile(path)
      const length = Number(file.readBigUInt64LE())
      const header = JSON.parse(file.toString('utf8', 8, 8 + length))
      expect(length % 8).to.equal(0)
      expect(header.a).to.deep.equal({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] })
      expect(header.b).to.deep.equal({ dtype: 'F32', shape: [4], data_offsets: [24, 40] })
      expect(file).to.have.length(8 + length + 40)
      expect(file.readFloatLE(8 + length)).to.equal(arrays.get('a')!.data[0])
    })

    it('that are cut off or changed anywhere are refused', async () => {
      const path = join(folder, 'x.safetensors')
      await writeSafetensors(path, arrays, {})
      const whole = await readFile(path)
      const changed = Buffer.from(whole)
      changed[whole.length - 5]! ^= 1
      for (const bytes of [whole.subarray(0, -1), whole.subarray(0, 20), Buffer.alloc(0), changed]) {
        await writeFile(path, bytes)
        const error = await failure(readSafetensors(path))
        expect(error).to.be.instanceOf(ReversalError).with.property('code', 'FILE_CORRUPT')
        expect(error.message).to.match(/x\.safetensors is damaged: .+\.$/)
      }
    })
  })

  describe('checkpoints', () => {
    const at = (step: number) => ({ step, tokens: 10 * step, fingerprint: 'f', state: arrays })

    it('are none at the start', async () => {
      expect(await loadCheckpoint(join(folder, 'none'))).to.equal(undefined)
    })

    it('come back, the newest first, and only the last two stay', async () => {
      for (const step of [8, 9, 10]) await saveCheckpoint(folder, at(step))
      expect(await loadCheckpoint(folder)).to.deep.equal(at(10))
      expect((await readdir(folder)).sort()).to.deep.equal([
        'step-00000009.safetensors',
        'step-00000010.safetensors',
      ])
    })

    it('that are damaged give way to the one before', async () => {
      await saveCheckpoint(folder, at(1))
      const newest = await saveCheckpoint(folder, at(2))
      await writeFile(join(folder, newest), 'cut off')
      expect(await loadCheckpoint(folder)).to.deep.equal(at(1))
    })

    it('that are all damaged end in one sentence', async () => {
      const only = await saveCheckpoint(folder, at(1))
      await writeFile(join(folder, only), 'cut off')
      const error = await failure(loadCheckpoint(folder))
      expect(error.code).to.equal('CHECKPOINT_CORRUPT')
      expect(error.message).to.equal(`Every checkpoint in ${folder} is damaged (${only}).`)
    })
  })

  describe('a model', () => {
    const config = {
      width: 8,
      layers: 1,
      heads: 2,
      hidden: 8,
      vocabulary: 300,
      positions: 32,
      ropeTheta: 10_000,
      epsilon: 1e-5,
    }

    it('comes back as it was saved, over an older one too', async () => {
      const directory = join(folder, 'model')
      const tokenizer = await createTokenizer(['Some text.'])
      for (const seed of [1, 2]) {
        await saveModel(directory, { config, tokenizer, weights: initialWeights(config, seed) })
      }
      const model = await readModel(directory)
      expect(model.config).to.deep.equal(config)
      expect(model.weights).to.deep.equal(initialWeights(config, 2))
      expect(model.tokenizer.record).to.deep.equal(tokenizer.record)
      expect(model.checksum).to.match(/^[0-9a-f]{64}$/)
      expect(await readdir(folder)).to.deep.equal(['model'])
    })

    it('that is missing or damaged is named', async () => {
      const missing = await failure(readModel(folder))
      expect(missing).to.be.instanceOf(InputError).with.property('code', 'MODEL_NOT_FOUND')
      const directory = join(folder, 'model')
      await mkdir(directory)
      await writeSafetensors(join(directory, 'model.safetensors'), arrays, {})
      await writeFile(join(directory, 'tokenizer.json'), '{}')
      await writeFile(join(directory, 'config.json'), '{')
      const damaged = await failure(readModel(directory))
      expect(damaged.code).to.equal('FILE_CORRUPT')
      expect(damaged.message).to.equal(`${join(directory, 'config.json')} is damaged: it is not JSON.`)
    })
  })
})
