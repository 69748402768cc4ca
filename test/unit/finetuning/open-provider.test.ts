import { expect } from 'chai'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { apiVersion, registrar } from '../../../src/lib/extensions/extensions.ts'
import {
  chooseProvider,
  openProvider,
  openTrainingProvider,
} from '../../../src/lib/finetuning/open-provider.ts'
import type { FineTuneProvider, ProviderDescriptor } from '../../../src/lib/finetuning/provider.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { failure } from '../../helpers/failure.ts'

const options = { store: new RunStore('/nowhere'), toolVersion: '0' }

/** The built-in providers, and one of a plugin. */
function withPlugin(changes: Partial<ProviderDescriptor> = {}) {
  const extensions = builtInExtensions()
  const descriptor: ProviderDescriptor = {
    name: 'aaa',
    summary: 'the first by name',
    runs: 'here',
    modelOf: ({ id }) => ({ id }),
    weightsOf: () => undefined,
    open: async () => ({ name: 'aaa', runs: 'here' }) as FineTuneProvider,
    ...changes,
  }
  registrar(extensions, 'theirs').provider({ ...descriptor, apiVersion })
  return extensions.providers
}

describe('the door for providers', () => {
  it('asks the first that was added and trains here where none is named, whatever plugins call theirs', () => {
    expect(chooseProvider(withPlugin(), undefined)).to.deep.include({ plugin: 'reversal' })
    expect(chooseProvider(withPlugin(), undefined).entry.name).to.equal('local')
    expect(chooseProvider(withPlugin(), 'theirs/aaa').plugin).to.equal('theirs')
  })

  it('says what a plugin’s provider lacks, and what keeps its descriptor from being one', async () => {
    const opened: [provider: unknown, flaw: string][] = [
      [undefined, 'opens one called undefined'],
      [{ name: 'bbb' }, 'opens one called bbb'],
      [{ name: 'aaa', runs: 'elsewhere' }, 'is declared to run here but opens one that runs elsewhere'],
      [{ name: 'aaa', runs: 'here' }, 'lacks the function models'],
    ]
    for (const [provider, flaw] of opened) {
      const registered = withPlugin({ open: async () => provider as FineTuneProvider }).get('aaa')
      const { code, message } = await failure(openProvider(registered, options))
      expect({ code, message }).to.deep.equal({
        code: 'PROVIDER_INVALID',
        message: `The provider aaa of theirs ${flaw}.`,
      })
    }
    for (const [changes, flaw] of [
      [{ runs: 'there' }, 'without runs, which must be here or elsewhere'],
      [{ modelOf: undefined }, 'without the function modelOf'],
      [{ open: undefined }, 'without the function open'],
    ] as const) {
      expect(() => withPlugin(changes as object)).to.throw(
        `The plugin theirs registers a provider (aaa) ${flaw}.`,
      )
    }
  })

  it('refuses a provider whose jobs run elsewhere where somebody wants to train', async () => {
    const opening = openTrainingProvider(builtInExtensions().providers, 'openai', options)
    expect(await failure(opening)).to.include({
      code: 'NOT_LOCAL',
      message: 'Runs of openai are not trained on this machine.',
    })
  })
})
