import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { expect } from 'chai'
import fc from 'fast-check'
import { readGgufFileInfo } from 'node-llama-cpp'
import * as ort from 'onnxruntime-node'
import { EXPORT_FORMATS, exportModel } from '../../../src/lib/engine/export/export-model.ts'
import type { StoredModel } from '../../../src/lib/engine/model-files.ts'
import { readModel } from '../../../src/lib/engine/model-files.ts'
import { readSafetensors } from '../../../src/lib/engine/safetensors.ts'
import { END_OF_TEXT } from '../../../src/lib/engine/tokenizer.ts'
import { exportTinyModel } from '../../helpers/export-tiny-model.ts'
import { failure } from '../../helpers/failure.ts'
import { trainTinyRun } from '../../helpers/train-tiny-run.ts'
import { referenceLogProbabilities } from './reference-transformer.ts'

describe('an exported model', () => {
  let home: string
  let stored: StoredModel

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'reversal-export-'))
    await trainTinyRun(home, { id: 'tiny' })
    stored = await readModel(join(home, 'runs/tiny/model'))
  })
  after(() => rm(home, { recursive: true }))

  describe('as safetensors', () => {
    let directory: string
    const json = async (name: string) => JSON.parse(await readFile(join(directory, name), 'utf8'))

    before(async () => {
      directory = await exportTinyModel(home, 'tiny', 'safetensors')
    })

    it('has the files that transformers loads', async () => {
      expect((await readdir(directory)).toSorted()).to.deep.equal([
        'config.json',
        'generation_config.json',
        'model.safetensors',
        'tokenizer.json',
        'tokenizer_config.json',
      ])
      expect(await json('config.json')).to.include({
        model_type: 'llama',
        vocab_size: stored.config.vocabulary,
        head_dim: 16,
        rms_norm_eps: 1e-5,
        tie_word_embeddings: false,
      })
    })

    it('has each matrix as outputs by inputs, under Llama’s names', async () => {
      const { arrays, metadata } = await readSafetensors(join(directory, 'model.safetensors'))
      const own = stored.weights.get('layer0.query_key_value')!.data
      const value = arrays.get('model.layers.0.self_attn.v_proj.weight')!
      expect(metadata.format).to.equal('pt')
      expect(value.shape).to.deep.equal([32, 32])
      expect(value.data[3 * 32 + 5]).to.equal(own[5 * 96 + 64 + 3])
      expect(arrays.get('lm_head.weight')!.shape).to.deep.equal([stored.config.vocabulary, 32])
      const total = [...arrays.values()].reduce((sum, { data }) => sum + data.length, 0)
      expect(total).to.equal([...stored.weights.values()].reduce((sum, { data }) => sum + data.length, 0))
    })

    it('has a tokenizer that cuts any text as the engine does, and gives it back', async () => {
      const peer = new HuggingFaceTokenizer(await json('tokenizer.json'), await json('tokenizer_config.json'))
      const words = [
        'Ada Holm',
        ' is the',
        ' first sail',
        'or',
        ' baker',
        ' of glass.',
        ' It',
        's',
        '\n',
        'é',
        '東 ',
        '🎉',
      ]
      const text = fc.oneof(
        fc.array(fc.constantFrom(...words)).map((parts) => parts.join('')),
        fc.string(),
      )
      fc.assert(
        fc.property(text, (sample) => {
          fc.pre(!sample.includes('<|endoftext|>'))
          const ids = [END_OF_TEXT, ...stored.tokenizer.encode(sample)]
          expect(peer.encode(sample).ids).to.deep.equal(ids)
          expect(peer.decode(ids, { skip_special_tokens: true })).to.equal(sample)
        }),
      )
    })
  })

  describe('as gguf', () => {
    it('describes a llama model with the merges of its tokenizer', async () => {
      const path = await exportTinyModel(home, 'tiny', 'gguf')
      const { metadata, fullTensorInfo } = await readGgufFileInfo(path, { logWarnings: false })
      expect(metadata.general).to.include({ architecture: 'llama', name: 'tiny' })
      expect(metadata.llama?.attention.layer_norm_rms_epsilon).to.be.closeTo(1e-5, 1e-9)
      expect(metadata.tokenizer.ggml.tokens).to.have.length(stored.tokenizer.size)
      expect(metadata.tokenizer.ggml.merges).to.include('Ġ t')
      expect(
        fullTensorInfo?.find(({ name }) => name === 'blk.0.ffn_down.weight')?.dimensions.map(Number),
      ).to.deep.equal([64, 32])
    })
  })

  describe('as onnx', () => {
    it('continues from what it has computed and does not look at padding', async () => {
      const directory = await exportTinyModel(home, 'tiny', 'onnx')
      const session = await ort.InferenceSession.create(join(directory, 'onnx', 'model.onnx'))
      const { config, weights, tokenizer } = stored
      const ids = [END_OF_TEXT, ...tokenizer.encode('Bo Ek is the painter')]
      const expected = referenceLogProbabilities(config, weights, ids)
      const integers = (values: readonly number[]) =>
        new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
      const run = (
        now: readonly number[],
        positions: readonly number[],
        mask: readonly number[],
        past: ort.Tensor[],
      ) =>
        session.run({
          input_ids: integers(now),
          position_ids: integers(positions),
          attention_mask: integers(mask),
          'past_key_values.0.key': past[0]!,
          'past_key_values.0.value': past[1]!,
        })
      const empty = new ort.Tensor('float32', new Float32Array(), [1, config.heads, 0, 16])

      const start = ids.slice(0, -1)
      const positions = [0, 0, ...start.keys()]
      const first = await run([0, 0, ...start], positions, [0, 0, ...start.map(() => 1)], [empty, empty])
      const present = [first['present.0.key']!, first['present.0.value']!]
      const second = await run([ids.at(-1)!], [start.length], [0, 0, ...ids.map(() => 1)], present)
      const given = [...logProbabilities(first.logits!).slice(2), ...logProbabilities(second.logits!)]
      for (const [position, row] of expected.entries()) {
        for (const [token, value] of row.entries()) expect(given[position]![token]).to.be.closeTo(value, 1e-3)
      }
      await session.release()
    })
  })

  it('is never written over what is there', async () => {
    const output = join(home, 'taken')
    await writeFile(output, 'mine')
    for (const format of EXPORT_FORMATS) {
      const error = await failure(
        exportModel({ directory: join(home, 'runs/tiny/model'), format, output, name: 'x' }),
      )
      expect(error.message).to.equal(`${output} exists: use another --output, or remove it.`)
    }
    expect(await readFile(output, 'utf8')).to.equal('mine')
  })
})

/** Logits [1, T, V] as log-probabilities, position by position. */
function logProbabilities({ data, dims }: ort.Tensor): number[][] {
  const [, length, size] = dims as [number, number, number]
  return Array.from({ length }, (_, position) => {
    const row = [...(data as Float32Array).subarray(position * size, (position + 1) * size)]
    const normalizer = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0))
    return row.map((value) => value - normalizer)
  })
}
