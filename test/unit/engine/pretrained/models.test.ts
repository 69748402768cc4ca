import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { createPretrainedTokenizer } from '../../../../src/lib/engine/pretrained/pretrained-tokenizer.ts'
import { readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
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
})
