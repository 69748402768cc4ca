import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import * as ort from 'onnxruntime-node'
import type { TokenBatch } from '../../../src/lib/engine/batches.ts'
import type { BatchPlace } from '../../../src/lib/engine/collating.ts'
import { collating } from '../../../src/lib/engine/collating.ts'
import { Decoder, localDecodable } from '../../../src/lib/engine/decoder.ts'
import { exportModel } from '../../../src/lib/engine/export/export-model.ts'
import { MaskedDecoder } from '../../../src/lib/engine/masked-decoder.ts'
import { readModel } from '../../../src/lib/engine/model-files.ts'
import type { Objective } from '../../../src/lib/engine/objectives.ts'
import { directionTokens, maskToken, OBJECTIVES } from '../../../src/lib/engine/objectives.ts'
import type { RowDecoder } from '../../../src/lib/engine/row-decoder.ts'
import type { TransformerConfig } from '../../../src/lib/engine/sizes.ts'
import { countParameters } from '../../../src/lib/engine/sizes.ts'
import { END_OF_TEXT } from '../../../src/lib/engine/tokenizer.ts'
import { trainModel } from '../../../src/lib/engine/trainer.ts'
import { stateNames, TrainingStep } from '../../../src/lib/engine/training-step.ts'
import { parameterSpecs } from '../../../src/lib/engine/transformer.ts'
import type { Arrays } from '../../../src/lib/engine/weights.ts'
import { elements, initialWeights } from '../../../src/lib/engine/weights.ts'
import { InputError, InterruptedError } from '../../../src/lib/support/errors.ts'
import { failure } from '../../helpers/failure.ts'
import { referenceLogProbabilities } from './reference-transformer.ts'
import { TINY, train } from './tiny-training.ts'

const V = 7
const configOf = (objective: Objective): TransformerConfig => ({
  ...{ vocabulary: V, width: 16, layers: 2, heads: 2, hidden: 24 },
  ...{ positions: 16, ropeTheta: 10_000, epsilon: 1e-5, objective },
})
const TEXTS = [
  [3, 1, 4, 1, 5],
  [6, 2, 6],
  [5, 3, 5, 2, 6, 4],
]
const PLACE: BatchPlace = { step: 4, epoch: 1, texts: [0, 1, 2] }
const SEED = { seed: 1 }

/** Larger than those of a training, so that every part of the model matters. */
function largeWeights(config: TransformerConfig): Arrays {
  const weights = initialWeights(config, 7)
  for (const { data } of weights.values()) {
    if (data.some((value) => value !== 1)) for (const [i, value] of data.entries()) data[i] = 10 * value
  }
  return weights
}

function decoderOf(objective: Objective): {
  config: TransformerConfig
  weights: Arrays
  decoder: RowDecoder
} {
  const config = configOf(objective)
  const weights = largeWeights(config)
  const decoder = new Decoder(ort, localDecodable(config, weights), { threads: 1 })
  const masked = objective === 'masked-uniform'
  return { config, weights, decoder: masked ? new MaskedDecoder(decoder, maskToken(config)) : decoder }
}

/** What a model reads before the texts of an objective. */
function beginOf(config: TransformerConfig): number {
  return config.objective === 'both-directions' ? directionTokens(config).forward : END_OF_TEXT
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0)
const rowOf = ({ ids, length }: TokenBatch, row: number) =>
  [...ids.subarray(row * length, (row + 1) * length)].map(Number)

describe('objectives', () => {
  for (const objective of OBJECTIVES) {
    describe(objective, () => {
      it('has the gradients of finite differences, of every weight of a whole model', async () => {
        const config = configOf(objective)
        const step = await TrainingStep.create(config, largeWeights(config), { threads: 1 })
        const batch = collating(config, SEED)(TEXTS, PLACE)
        // A step at rate 0 leaves the weights, and its gradients as AdamW's sums.
        await step.run(batch, 1, 0)
        const h = 0.01
        for (const { name } of parameterSpecs(config)) {
          const { data } = step.state.get(name)!
          const gradient = step.state.get(stateNames(name).sum)!.data
          const largest = gradient.reduce(
            (best, g, i) => (Math.abs(g) > Math.abs(gradient[best]!) ? i : best),
            0,
          )
          for (const index of new Set([largest, data.length - 1])) {
            const value = data[index]!
            data[index] = value + h
            const above = await step.loss(batch)
            data[index] = value - h
            const below = await step.loss(batch)
            data[index] = value
            expect(gradient[index], `${name}[${index}]`).to.be.closeTo((above - below) / (2 * h), 2e-3)
          }
          expect(Math.abs(gradient[largest]!), name).to.be.above(0.01)
        }
        await step.close()
      })

      it('gives texts a probability that sums to one over a closed vocabulary', async () => {
        const { config, decoder } = decoderOf(objective)
        const begin = beginOf(config)
        const tokens = [...Array(V).keys()]
        // All texts of at most three tokens, the end among them: they end, or go on with any token.
        const texts = tokens.flatMap((a) => {
          if (a === END_OF_TEXT) return [[a]]
          return tokens.flatMap((b) => (b === END_OF_TEXT ? [[a, b]] : tokens.map((c) => [a, b, c])))
        })
        const scores = await decoder.logprobs(texts.map((ids) => ({ ids: [begin, 2, ...ids], from: 2 })))
        expect(sum(scores.map((own) => Math.exp(sum(own))))).to.be.closeTo(1, 1e-5)
        // They differ, and so does what is shared from what is scored alone.
        expect(new Set(scores.map((own) => own[0]!.toFixed(4))).size).to.equal(V)
        const after = await decoder.logprobsAfter([begin, 2], texts)
        for (const [index, own] of after.entries()) {
          expect(sum(own)).to.be.closeTo(sum(scores[index]!), 1e-4)
        }
        await decoder.close()
      })

      it('scores what comes next as the plain reference does, in batches of any lengths', async () => {
        const { config, weights, decoder } = decoderOf(objective)
        const bothWays = objective === 'masked-uniform'
        const begin = beginOf(config)
        const rows = TEXTS.map((ids) => [begin, ...ids])
        const expected = rows.map((ids) => {
          const read = bothWays ? [...ids, maskToken(config)] : ids
          return referenceLogProbabilities(config, weights, read, { bothWays }).at(-1)!
        })
        const longest = Math.max(...rows.map((ids) => ids.length))
        const padding = rows.map((ids) => longest - ids.length)
        const ids = rows.map((own, row) => [...Array<number>(padding[row]!).fill(0), ...own])
        const { logits, past } = await decoder.next({ ids, padding })
        for (const [row, values] of expected.entries()) {
          const own = logits.subarray(row * V, (row + 1) * V)
          const total = Math.log(sum(own.map(Math.exp)))
          for (const [token, value] of values.entries())
            expect(own[token]! - total).to.be.closeTo(value, 1e-4)
        }
        // One token more, of two of the rows.
        const kept = decoder.select(past, [2, 0])
        const next = await decoder.next({ ids: [[4], [2]], padding: [padding[2]!, padding[0]!], past: kept })
        const grown = [...rows[0]!, 2]
        const read = bothWays ? [...grown, maskToken(config)] : grown
        const reference = referenceLogProbabilities(config, weights, read, { bothWays }).at(-1)!
        const own = next.logits.subarray(V, 2 * V)
        const total = Math.log(sum(own.map(Math.exp)))
        for (const [token, value] of reference.entries())
          expect(own[token]! - total).to.be.closeTo(value, 1e-4)
        await decoder.close()
      })

      it('trains to the same weights again, and after a stop', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'reversal-objectives-'))
        const options = { ...TINY, objective, threads: 1 }
        const losses = (await train({ ...options, directory: join(folder, 'whole') })).map(({ loss }) => loss)
        const controller = new AbortController()
        const directory = join(folder, 'stopped')
        const seen: number[] = []
        const stopped = async () => {
          for await (const { step, loss } of trainModel({
            ...options,
            directory,
            signal: controller.signal,
          })) {
            seen.push(loss)
            if (step === 5) controller.abort()
          }
        }
        expect(await failure(stopped())).to.be.instanceOf(InterruptedError)
        const rest = await train({ ...options, directory })
        expect([...seen, ...rest.map(({ loss }) => loss)]).to.deep.equal(losses)
        const [whole, again] = [
          await readModel(join(folder, 'whole', 'model')),
          await readModel(join(directory, 'model')),
        ]
        expect(again.checksum).to.equal(whole.checksum)
        const other = await train({ ...options, seed: 4, directory: join(folder, 'other') })
        expect(other.map(({ loss }) => loss)).not.to.deep.equal(losses)
        const output = join(folder, 'model.gguf')
        const exporting = exportModel({
          directory: join(directory, 'model'),
          format: 'gguf',
          output,
          name: 'tiny',
        })
        if (objective === 'next-token') await exporting
        else {
          const error = await failure(exporting)
          expect(error).to.be.instanceOf(InputError)
          expect(error.message).to.equal(
            `A model of the objective ${objective} is not exported, as other programs only read models of next-token: evaluate it here with eval:run.`,
          )
        }
        await rm(folder, { recursive: true })
      })
    })
  }

  it('count the parameters that their models have', () => {
    for (const objective of OBJECTIVES) {
      const config = configOf(objective)
      const counted = sum(parameterSpecs(config).map(({ shape }) => elements(shape)))
      expect(countParameters(config), objective).to.equal(counted)
    }
  })

  describe('masks', () => {
    const config = configOf('masked-uniform')
    const mask = maskToken(config)
    const batches = Array.from({ length: 400 }, (_, index) =>
      collating(config, SEED)(TEXTS, { ...PLACE, step: index + 1 }),
    )

    it('hide what is to be predicted, and no more', () => {
      for (const batch of batches) {
        const { ids, targets, weights, attention, length } = batch
        expect(sum(weights)).to.be.closeTo(1, 1e-5)
        for (const [row, text] of TEXTS.entries()) {
          const whole = [END_OF_TEXT, ...text, END_OF_TEXT]
          let seen = 0
          for (let t = 0; t < length; t++) {
            const at = row * length + t
            if (attention!.data[at] !== 0) {
              expect(weights[at]).to.equal(0)
              continue
            }
            seen++
            const hidden = Number(ids[at]) === mask
            expect(weights[at]! > 0).to.equal(hidden)
            expect(hidden ? Number(targets[at]) : Number(ids[at])).to.equal(whole[t])
          }
          expect(rowOf(batch, row)[0]).to.equal(END_OF_TEXT)
          expect(seen).to.be.within(2, whole.length)
        }
      }
    })

    it('have a rate that is uniform, and leave half of the texts whole', () => {
      const shares: number[] = []
      let whole = 0
      for (const batch of batches) {
        for (const [row, text] of TEXTS.entries()) {
          const attended = batch.attention!.data.subarray(row * batch.length, (row + 1) * batch.length)
          const kept = attended.filter((value) => value === 0).length - 1
          if (kept === text.length + 1) whole++
          shares.push(rowOf(batch, row).filter((id) => id === mask).length / kept)
        }
      }
      expect(Math.min(...shares)).to.be.above(0)
      // k of c with k uniform in 1 … c: a mean of (1 + 1/c) / 2, which is 0.65 over the lengths that are kept here.
      expect(sum(shares) / shares.length).to.be.closeTo(0.65, 0.04)
      // Cut after a random token: one in five of those ends where the text ends, too.
      expect(whole / shares.length).to.be.closeTo(0.59, 0.04)
    })

    it('follow from seed and step', () => {
      const at = (seed: number, step: number) => collating(config, { seed })(TEXTS, { ...PLACE, step }).ids
      expect(at(1, 3)).to.deep.equal(at(1, 3))
      expect(at(1, 3)).not.to.deep.equal(at(1, 4))
      expect(at(1, 3)).not.to.deep.equal(at(2, 3))
    })
  })

  describe('directions', () => {
    const config = configOf('both-directions')
    const { forward, backward } = directionTokens(config)

    it('change with each epoch, and are forward for what is not trained on', () => {
      const collate = collating(config, SEED)
      const first = collate(TEXTS, { ...PLACE, epoch: 1 })
      const second = collate(TEXTS, { ...PLACE, epoch: 2 })
      expect(rowOf(first, 0).slice(0, 6)).to.deep.equal([forward, 3, 1, 4, 1, 5])
      expect(rowOf(second, 0).slice(0, 6)).to.deep.equal([backward, 5, 1, 4, 1, 3])
      expect([...Array(3).keys()].map((row) => rowOf(first, row)[0])).to.deep.equal([
        forward,
        backward,
        forward,
      ])
      expect([...Array(3).keys()].map((row) => rowOf(second, row)[0])).to.deep.equal([
        backward,
        forward,
        backward,
      ])
      const measured = collate(TEXTS)
      expect([...Array(3).keys()].map((row) => rowOf(measured, row)[0])).to.deep.equal([
        forward,
        forward,
        forward,
      ])
      expect(first.tokens).to.equal(measured.tokens)
      expect(first.targets[5]).to.equal(BigInt(END_OF_TEXT))
    })
  })
})
