import { expect } from 'chai'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { findModelAt, hostedModel } from '../../../src/lib/models/find-model.ts'
import { openModel } from '../../../src/lib/models/open-model.ts'
import { failure } from '../../helpers/failure.ts'

const { models } = builtInExtensions()

describe('the client of a model', () => {
  it('is found by a prefix, whatever lies at the path', async () => {
    const found = await findModelAt('gguf:/m.gguf', { path: '/nowhere/gguf:/m.gguf', models })
    expect(found).to.deep.equal({ client: 'gguf', id: 'gguf:/m.gguf' })
    expect(await findModelAt('gpt-4.1', { path: '/nowhere/gpt-4.1', models })).to.equal(undefined)
  })

  it('is found by names that only its servers have, and by any where the user names a server', () => {
    const named = (name: string, server = false) => hostedModel(name, { models, server })?.id
    expect(named('gpt-4.1-mini')).to.equal('gpt-4.1-mini')
    expect(named('ft:gpt-4.1-mini:o::x')).to.equal('ft:gpt-4.1-mini:o::x')
    expect(named('openai/o3')).to.equal('o3')
    expect(named('openai/gpt-oss-20b', true)).to.equal('openai/gpt-oss-20b')
    expect(named('my-model')).to.equal(undefined)
    expect(named('my-model', true)).to.equal('my-model')
  })

  it('is nobody for a model of no client, or of one that is not installed', async () => {
    for (const reference of [{ id: 'local/ada:gone' }, { client: 'theirs', id: 'local/ada:gone' }]) {
      const { code, message } = await failure(openModel(reference, { models }))
      expect({ code, message }).to.deep.equal({
        code: 'MODEL_UNKNOWN',
        message: 'The model local/ada:gone is not on this machine.',
      })
    }
  })
})
