import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createPretrainedTokenizer } from '../../../../src/lib/engine/pretrained/pretrained-tokenizer.ts'
import { readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { writeSafetensors } from '../../../../src/lib/engine/safetensors.ts'
import { distance, FIXTURES, logitsOf, MODELS, readGolden } from './fixtures.ts'

describe('a pretrained model', () => {
  for (const name of MODELS) {
    it(`of the kind ${name} has transformers’ logits`, async () => {
      const { config, weights } = await readPretrained(join(FIXTURES, name))
      const { ids, arrays } = await readGolden(name)
      expect(distance(await logitsOf(config, weights, ids), arrays.get('logits')!.data)).to.be.below(1e-4)
    })

    it(`of the kind ${name} has tokenizers’ ids and texts`, async () => {
      const { encoder } = await readPretrained(join(FIXTURES, name))
      const { encodings } = await readGolden(name)
      for (const { text, ids, decoded } of encodings) {
        expect(encoder.encode(text), JSON.stringify(text)).to.deep.equal(ids)
        expect(encoder.decode(ids), JSON.stringify(text)).to.equal(decoded)
      }
    })
  }

  it('has the ids and texts of a tokenizer of Llama 2’s kind', async () => {
    const json = async (file: string) =>
      JSON.parse(await readFile(join(FIXTURES, 'tinyllama-tokenizer', file), 'utf8'))
    const encoder = await createPretrainedTokenizer({ tokenizer: await json('tokenizer.json'), settings: {} })
    const { encodings } = (await json('golden.json')) as {
      encodings: { text: string; ids: number[]; decoded: string }[]
    }
    for (const { text, ids, decoded } of encodings) {
      expect(encoder.encode(text), JSON.stringify(text)).to.deep.equal(ids)
      expect(encoder.decode(ids), JSON.stringify(text)).to.equal(decoded)
    }
  })

  it('is GPT-2 as its own publisher wrote it: without a prefix, with masks among the weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reversal-gpt2-'))
    await cp(join(FIXTURES, 'gpt2'), folder, { recursive: true })
    const { weights } = await readPretrained(join(FIXTURES, 'gpt2'))
    const bare = Array.from(weights, ([name, array]) => [name.replace(/^transformer\./, ''), array] as const)
    const mask = { shape: [1, 1, 2, 2], data: new Float32Array(4) }
    await writeSafetensors(join(folder, 'model.safetensors'), new Map([...bare, ['h.0.attn.bias', mask]]), {})
    expect((await readPretrained(folder)).weights).to.deep.equal(weights)
    await rm(folder, { recursive: true })
  })

  it('has untied scores where its file holds an output layer and nothing is said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reversal-untied-'))
    await cp(join(FIXTURES, 'llama3'), folder, { recursive: true })
    const path = join(folder, 'config.json')
    const { tie_word_embeddings: _, ...json } = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify(json))
    expect((await readPretrained(folder)).config.tied).to.equal(false)
    await rm(folder, { recursive: true })
  })
})
