import { expect } from 'chai'
import { InputError, InterruptedError, ReversalError } from '../../../src/lib/support/errors.ts'

describe('the errors', () => {
  let copy: { InputError: typeof InputError; ReversalError: typeof ReversalError }

  before(async () => {
    // Another address makes it another module, as a plugin's copy is.
    const address = new URL('../../../src/lib/support/errors.ts?copy', import.meta.url).href
    copy = await import(address)
  })

  it('of another copy are known by their class', () => {
    expect(copy.InputError).to.not.equal(InputError)
    const input = new copy.InputError('bad', { code: 'BAD' })
    const failed = new copy.ReversalError('failed', { code: 'FAILED' })
    const classes = [ReversalError, InputError, InterruptedError]
    expect(classes.map((known) => input instanceof known)).to.deep.equal([true, true, false])
    expect(classes.map((known) => failed instanceof known)).to.deep.equal([true, false, false])
  })

  it('do not include other errors, whatever their names', () => {
    const named = Object.assign(new Error('x'), { name: 'InputError', code: 'X' })
    for (const value of [named, new Error('x'), { name: 'InputError' }, null, undefined, 'InputError', 1]) {
      expect(value instanceof ReversalError, String(value)).to.equal(false)
      expect(value instanceof InputError, String(value)).to.equal(false)
    }
  })
})
