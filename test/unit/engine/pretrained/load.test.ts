import { join } from 'node:path'
import { expect } from 'chai'
import { loadPretrained } from '../../../../src/lib/engine/pretrained/load.ts'
import type { PretrainedModel } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { argmax } from '../../../../src/lib/engine/sampling.ts'
import { collect } from '../tiny-training.ts'
import { FIXTURES, logitsOf, MODELS } from './fixtures.ts'

const PROMPTS = ['Daphne', 'The composer of Abyssal Melodies is', 'In 1987', '', 'x']
const NEW = 8

/** The log-probabilities of all tokens after a row's last, from the whole row at once. */
async function nextLogprobs(
  { config, weights }: PretrainedModel,
  ids: readonly number[],
): Promise<Float64Array> {
  const all = await logitsOf(config, weights, [ids])
  const last = Float64Array.from(all.subarray(all.length - config.vocabulary))
  const total = Math.log(last.reduce((sum, logit) => sum + Math.exp(logit), 0))
  return last.map((logit) => logit - total)
}

describe('a loaded pretrained model', () => {
  for (const name of MODELS) {
    describe(`of the kind ${name}`, () => {
      let model: PretrainedModel
      let start: (text: string) => number[]
      before(async () => {
        model = await readPretrained(join(FIXTURES, name))
        start = (text) => (text === '' ? [0] : model.encoder.encode(text))
      })

      it('completes greedily as without a cache, in batches of any lengths', async () => {
        const { config, encoder } = model
        const expected: string[] = []
        for (const prompt of PROMPTS) {
          const ids = start(prompt)
          const written: number[] = []
          while (written.length < NEW) {
            const next = argmax(Float32Array.from(await nextLogprobs(model, [...ids, ...written])))
            if (config.special.ends.includes(next)) break
            written.push(next)
          }
          expected.push(encoder.decode(written))
        }
        const loaded = await loadPretrained(join(FIXTURES, name), { threads: 1 })
        const answers = await collect(loaded.generate(PROMPTS, { maxTokens: NEW, temperature: 0 }))
        await loaded.close()
        const texts = answers.sort((a, b) => a.index - b.index).map(({ completions }) => completions[0])
        expect(texts).to.deep.equal(expected)
      })

      it('scores targets as without a cache, alone, several after one prompt and without a prompt', async () => {
        const requests = [
          { prompt: 'The director is', targets: [' Daphne'] },
          { prompt: 'The director is', targets: [' Daphne', ' Uriah Hawthorne', ' in 1987'] },
          { prompt: '', targets: ['Known for'] },
        ]
        const loaded = await loadPretrained(join(FIXTURES, name), { threads: 1 })
        const answers = (await collect(loaded.score(requests))).sort((a, b) => a.index - b.index)
        await loaded.close()
        for (const [index, { prompt, targets }] of requests.entries()) {
          for (const [place, target] of targets.entries()) {
            const whole = model.encoder.encode(prompt + target)
            const before = prompt === '' && name !== 'llama3' ? [0] : []
            const ids = [...before, ...whole]
            let from = start(prompt).length
            // The space of a target may merge into the prompt's last token in none of these texts.
            expect(ids.slice(0, from)).to.deep.equal(start(prompt))
            let logprob = 0
            const tokens = ids.length - from
            for (; from < ids.length; from++)
              logprob += (await nextLogprobs(model, ids.slice(0, from)))[ids[from]!]!
            const scored = answers[index]!.scores[place]!
            expect(scored.tokens).to.equal(tokens)
            expect(scored.logprob, `${prompt}|${target}`).to.be.closeTo(logprob, 1e-3)
          }
        }
      })
    })
  }
})
