import { expect } from 'chai'
import { apiOf, resolveAddress } from '../../../../src/lib/models/openai/address.ts'
import { endpointOf } from '../../../../src/lib/models/openai/endpoint.ts'

describe('the address of a hosted model', () => {
  it('has the API that the model’s name suggests', () => {
    for (const model of [
      'davinci-002',
      'ft:babbage-002:me::1',
      'gpt-3.5-turbo-instruct',
      'text-davinci-003',
    ]) {
      expect(apiOf(model), model).to.equal('completions')
    }
    for (const model of [
      'gpt-4.1',
      'ft:gpt-4.1-mini-2025-04-14:me::1',
      'gpt-3.5-turbo',
      'meta-llama/Llama-3.2-1B',
    ]) {
      expect(apiOf(model), model).to.equal('chat')
    }
  })

  it('limits new tokens by the name that its server knows', () => {
    const address = resolveAddress({ model: 'gpt-4.1' }, { baseUrl: 'https://api.openai.com/v1' })
    const limits = [true, false].map((official) => {
      const body = endpointOf(address, { official }).body('a', { maxTokens: 5, temperature: 0, n: 1 })
      return [body.max_completion_tokens, body.max_tokens]
    })
    expect(limits).to.deep.equal([
      [5, undefined],
      [undefined, 5],
    ])
  })
})
