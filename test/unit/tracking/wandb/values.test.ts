import { expect } from 'chai'
import fc from 'fast-check'
import { ReversalError } from '../../../../src/lib/support/errors.ts'
import {
  containsValues,
  parseValues,
  readConfig,
  writeConfig,
} from '../../../../src/lib/tracking/wandb/values.ts'

describe('W&B values', () => {
  it('reads numbers that JSON has no words for', () => {
    const text = '{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \\" -Infinity", "d": -1}'
    expect(parseValues(text)).to.deep.equal({
      a: 'NaN',
      b: ['-Infinity', 'Infinity'],
      c: 'NaN " -Infinity',
      d: -1,
    })
    expect(parseValues(null)).to.deep.equal({})
  })

  it('says that what is not JSON is not', () => {
    expect(() => parseValues('{"a": ')).to.throw(ReversalError, /that is not JSON/)
  })

  it('reads every object as JSON does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        const text = JSON.stringify(values)
        expect(parseValues(text)).to.deep.equal(JSON.parse(text))
      }),
    )
  })

  it('reads configs with and without wrapped values, and leaves out what is W&B’s own', () => {
    const config = '{"_wandb":{"value":{"t":{}}},"a":{"value":1,"desc":null},"b":2,"wandb_version":1}'
    expect(readConfig(config)).to.deep.equal({ a: 1, b: 2 })
  })

  it('changes a config without losing what else is in it', () => {
    const before =
      '{"_wandb":{"value":{"cli_version":"0.1"}},"a":{"value":1,"desc":"mine"},"b":{"value":NaN}}'
    const after = writeConfig(before, { a: 3, 'ue.eval_file': 'x', gone: undefined })
    expect(JSON.parse(after)).to.deep.equal({
      _wandb: { value: { cli_version: '0.1' } },
      a: { value: 3 },
      b: { value: 'NaN' },
      'ue.eval_file': { value: 'x' },
    })
  })

  it('marks a new run as started by a fine-tuning integration', () => {
    const { _wandb } = JSON.parse(writeConfig(undefined, {}))
    expect(_wandb.value.t['3']).to.deep.equal([58])
  })

  it('compares values as they come out of JSON', () => {
    const values = { a: 1, b: { c: [1, null] }, d: 'x' }
    expect(containsValues(values, { b: { c: [1, Number.NaN] } })).to.equal(true)
    expect(containsValues(values, { a: 1, gone: undefined })).to.equal(true)
    expect(containsValues(values, { a: 2 })).to.equal(false)
    expect(containsValues(values, { e: null })).to.equal(false)
  })
})
