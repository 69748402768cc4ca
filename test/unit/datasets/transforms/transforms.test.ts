import { expect } from 'chai'
import fc from 'fast-check'
import { applyTransforms } from '../../../../src/lib/datasets/transforms/apply-transforms.ts'
import { builtInExtensions } from '../../../../src/lib/extensions/built-in.ts'
import { apiVersion } from '../../../../src/lib/extensions/extensions.ts'
import type { PromptCompletion } from '../../../../src/lib/schemas/prompt-completion.ts'
import { failure } from '../../../helpers/failure.ts'

const { transforms } = builtInExtensions()
const record = fc.record({ prompt: fc.string(), completion: fc.string() })
const records = fc.array(record, { minLength: 1, maxLength: 60 })
const seeds = fc.integer({ min: 0, max: 1000 })

const apply = (
  own: readonly PromptCompletion[],
  name: string,
  seed: number,
  options: Record<string, unknown> = {},
) =>
  applyTransforms(own, [{ name, plugin: 'reversal', options, seed }], {
    registry: transforms,
    facts: [],
  }).then(({ records: made }) => made)

const texts = (own: readonly PromptCompletion[]) => own.map((one) => JSON.stringify(one))

describe('transforms', () => {
  it('shuffle-examples keeps every record and draws by seed alone', () =>
    fc.assert(
      fc.asyncProperty(records, seeds, async (own, seed) => {
        const before = texts(own)
        const shuffled = await apply(own, 'shuffle-examples', seed)
        expect(texts(own)).to.deep.equal(before)
        expect(texts(shuffled).toSorted()).to.deep.equal(before.toSorted())
        expect(await apply(own, 'shuffle-examples', seed)).to.deep.equal(shuffled)
      }),
    ))

  it('shuffle-examples orders as random.Random(7).shuffle(list(range(6))) in CPython', async () => {
    const own = Array.from({ length: 6 }, (_, index) => ({ prompt: String(index), completion: '' }))
    const order = (await apply(own, 'shuffle-examples', 7)).map(({ prompt }) => Number(prompt))
    expect(order).to.deep.equal([4, 0, 5, 3, 1, 2])
  })

  it('subsample keeps a share of the records in their order, at least one', () =>
    fc.assert(
      fc.asyncProperty(records, seeds, fc.integer({ min: 1, max: 100 }), async (own, seed, percent) => {
        const share = percent / 100
        const numbered = own.map((one, index) => ({ ...one, prompt: `${index}` }))
        const kept = await apply(numbered, 'subsample', seed, { share })
        const places = kept.map(({ prompt }) => Number(prompt))
        expect(places).to.have.length(Math.max(1, Math.round(own.length * share)))
        expect(new Set(places).size).to.equal(places.length)
        expect(places).to.deep.equal(places.toSorted((a, b) => a - b))
      }),
    ))

  const bad: [made: unknown, message: string][] = [
    ['text', 'does not return a list of records'],
    [[], 'leaves no record to train on'],
    [[{ prompt: 'a', completion: 'b' }, { prompt: 1 }], 'without prompt and completion (number 2)'],
  ]
  for (const [made, message] of bad) {
    it(`refuses a plugin's transform that makes ${JSON.stringify(made)}`, async () => {
      const { transforms: registry } = builtInExtensions()
      const options = { type: 'object', properties: {}, additionalProperties: false } as const
      const open = async () => () => made as PromptCompletion[]
      registry.add({ ...{ name: 'odd', summary: 'odd', apiVersion, options }, open } as never, {
        plugin: 'lab',
      })
      const applied = [{ name: 'odd', plugin: 'lab', options: {}, seed: 1 }]
      const error = await failure(
        applyTransforms([{ prompt: 'a', completion: 'b' }], applied, { registry, facts: [] }),
      )
      expect(error).to.include({ code: 'TRANSFORM_INVALID' })
      expect(error.message).to.include(message)
    })
  }
})
