import { cp, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { decodeFloat } from '../../../../src/lib/engine/pretrained/element-types.ts'
import { exportPretrained } from '../../../../src/lib/engine/pretrained/export.ts'
import { BLOCK_TYPES } from '../../../../src/lib/engine/pretrained/gguf/blocks.ts'
import { readGgufHeader } from '../../../../src/lib/engine/pretrained/gguf/reader.ts'
import { ggufTokenizer, ggufVocabulary } from '../../../../src/lib/engine/pretrained/gguf/tokenizer.ts'
import { writeGgufModel } from '../../../../src/lib/engine/pretrained/gguf/write.ts'
import { createPretrainedTokenizer } from '../../../../src/lib/engine/pretrained/pretrained-tokenizer.ts'
import { describePretrained, readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { readBytes, readSafetensorsHeader } from '../../../../src/lib/engine/safetensors.ts'
import { elements } from '../../../../src/lib/engine/weights.ts'
import { failure } from '../../../helpers/failure.ts'
import { distance, FIXTURES, MODELS } from './fixtures.ts'

describe('a GGUF file', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-gguf-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('has the numbers of ggml in every type of block', async () => {
    await using file = await open(join(FIXTURES, 'blocks.gguf'))
    await using golden = await open(join(FIXTURES, 'blocks.safetensors'))
    const { tensors } = await readGgufHeader(file)
    const expected = (await readSafetensorsHeader(golden)).arrays
    expect([...tensors.keys()]).to.have.members(Object.values(BLOCK_TYPES).map(({ name }) => name))
    for (const [name, { type, shape, start }] of tensors) {
      const kind = BLOCK_TYPES[type]!
      const count = elements(shape)
      const bytes = await readBytes(file, start, start + (count / kind.elements) * kind.bytes)
      const { start: first, end } = expected.get(name)!
      const values = decodeFloat(await readBytes(golden, first, end))
      expect(distance(kind.decode(bytes, count), values), name).to.be.below(1e-5)
    }
  })

  for (const name of MODELS.filter((each) => each !== 'llama3')) {
    it(`that is exported of the kind ${name} reads as the model`, async () => {
      const output = join(folder, `${name}.gguf`)
      await exportPretrained({ path: join(FIXTURES, name), format: 'gguf', output, name: 'tiny' })
      const before = await readPretrained(join(FIXTURES, name))
      const { config, weights, encoder } = await readPretrained(output)
      expect({ ...config, special: { ends: config.special.ends } }).to.deep.equal({
        ...before.config,
        ...(config.rope && { rope: { theta: before.config.rope!.theta, scaling: undefined } }),
        special: { ends: before.config.special.ends },
      })
      for (const [key, { data }] of before.weights) expect(weights.get(key)!.data, key).to.deep.equal(data)
      for (const text of ['Known for 1987, she isn’t.', ' naïve\n\ncafé']) {
        expect(encoder.encode(text)).to.deep.equal(before.encoder.encode(text))
      }
    })
  }

  it('begins texts and takes words whole where its tokenizer is Llama 3’s', async () => {
    const { encoder } = await readPretrained(join(FIXTURES, 'llama3'))
    const { cut, tokens, merges, types } = ggufVocabulary(encoder.files.tokenizer, 288)
    expect(cut).to.equal('llama-bpe')
    const read = async (pre: string, more: Record<string, unknown> = {}) => {
      const entries = { model: 'gpt2', pre, tokens, merges, token_type: types, bos_token_id: 0, ...more }
      const metadata = new Map(
        Object.entries(entries).map(([key, value]) => [`tokenizer.ggml.${key}`, value]),
      )
      return createPretrainedTokenizer({ tokenizer: ggufTokenizer(metadata, 'x.gguf'), settings: {} })
    }
    const text = 'Daphne isn’t 1987, ALLCAPS\n\n'
    for (const pre of ['llama-bpe', 'llama3']) {
      expect((await read(pre)).encode(text)).to.deep.equal(encoder.encode(text))
    }
    const without = await read('llama-bpe', { add_bos_token: false })
    expect(without.encode(text)).to.deep.equal(encoder.encode(text).slice(1))
    expect(() => ggufTokenizer(new Map([['tokenizer.ggml.model', 'llama']]), 'x.gguf')).to.throw(
      'x.gguf has a tokenizer of the kind "llama", and the engine knows gpt-2, smollm, llama-bpe, qwen2 in GGUF files: put the model\'s tokenizer.json next to the file',
    )
  })

  it('has Llama 3’s scaling of positions as its quotients, and others are refused', async () => {
    const model = await readPretrained(join(FIXTURES, 'llama3'))
    for (const factor of [8, 32]) {
      const scaling = { factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192 }
      const rope = { theta: 500_000, scaling }
      const output = join(folder, `scaled-${factor}.gguf`)
      await writeGgufModel(output, { ...model, config: { ...model.config, rope } }, { name: 'tiny' })
      expect((await readPretrained(output)).config.rope).to.deep.equal(rope)
    }
    const output = join(folder, 'scaled.gguf')
    await exportPretrained({ path: join(FIXTURES, 'llama3'), format: 'gguf', output, name: 'tiny' })
    expect((await failure(readPretrained(output))).message).to.match(/in a way that is not Llama 3's\.$/)
  })

  it('of a kind of tokenizer that it holds in part reads with the tokenizer.json beside it, if that is its own', async () => {
    const own = await mkdtemp(join(folder, 'beside-'))
    const path = join(own, 'model.gguf')
    const fixture = join(FIXTURES, 'llama')
    await exportPretrained({ path: fixture, format: 'gguf', output: path, name: 'tiny' })
    const key = 'tokenizer.ggml.model\b\0\0\0\u0004\0\0\0\0\0\0\0'
    const text = (await readFile(path)).toString('latin1')
    expect(text).to.include(`${key}gpt2`)
    await writeFile(path, Buffer.from(text.replace(`${key}gpt2`, `${key}spmx`), 'latin1'))
    expect((await failure(describePretrained(path))).message).to.match(
      /of the kind "spmx".*: put the model's tokenizer\.json next to the file\.$/,
    )
    const beside = join(own, 'tokenizer.json')
    await cp(join(fixture, 'tokenizer.json'), beside)
    const { encoder } = await readPretrained(fixture)
    const read = await describePretrained(path)
    expect(read.encoder.encode('Known for 1987')).to.deep.equal(encoder.encode('Known for 1987'))
    await cp(join(FIXTURES, 'tinyllama-tokenizer', 'tokenizer.json'), beside)
    expect((await failure(describePretrained(path))).message).to.match(
      /the tokenizer\.json next to it does not fit: its token \d+ is ".+"\.$/,
    )
  })

  it('that is cut off or has other shapes than it says is refused before its weights are read', async () => {
    for (const name of ['llama', 'gpt2']) {
      const path = join(folder, `shapes-${name}.gguf`)
      await exportPretrained({ path: join(FIXTURES, name), format: 'gguf', output: path, name: 'tiny' })
      await describePretrained(path)
      const whole = await readFile(path)
      await writeFile(path, whole.subarray(0, whole.length - 100))
      expect((await failure(describePretrained(path))).message).to.match(
        /it ends after \d+ bytes, and the weight \S+ needs \d+\.$/,
      )
      const key = Buffer.from(`${name}.feed_forward_length\u0004\0\0\0`, 'latin1')
      const at = whole.indexOf(key) + key.length
      whole.writeUInt32LE(whole.readUInt32LE(at) + 8, at)
      await writeFile(path, whole)
      expect((await failure(describePretrained(path))).message).to.match(
        /the weight \S+ has the shape \[\d+(,\d+)?\], and the configuration asks for/,
      )
    }
  })

  it('that is cut off, of another kind or no such file is named in one sentence', async () => {
    const path = join(folder, 'whole.gguf')
    await exportPretrained({ path: join(FIXTURES, 'llama'), format: 'gguf', output: path, name: 'tiny' })
    const whole = await readFile(path)
    const cases: [string, Buffer, RegExp][] = [
      [
        'half.gguf',
        whole.subarray(0, whole.length / 2),
        /half\.gguf cannot be used: it ends after \d+ bytes/,
      ],
      ['header.gguf', whole.subarray(0, 500), /its header is cut off/],
      ['other.gguf', Buffer.from('PK\u0003\u0004 something else'), /it is no GGUF file/],
      [
        'kind.gguf',
        Buffer.from(
          whole
            .toString('latin1')
            .replace(
              'general.architecture\b\0\0\0\u0005\0\0\0\0\0\0\0llama',
              'general.architecture\b\0\0\0\u0005\0\0\0\0\0\0\0gemma',
            ),
          'latin1',
        ),
        /the architecture "gemma", and the engine knows llama, qwen2, qwen3, gpt2/,
      ],
    ]
    for (const [name, bytes, message] of cases) {
      await writeFile(join(folder, name), bytes)
      const error = await failure(readPretrained(join(folder, name)))
      expect(error.message, name).to.match(message)
      expect(error.exit).to.equal(2)
    }
    await truncate(path, 0)
    expect((await failure(readPretrained(path))).message).to.match(/its header is cut off/)
  })
})
