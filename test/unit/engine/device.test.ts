import { expect } from 'chai'
import { chooseExecutionProvider, createSession } from '../../../src/lib/engine/device.ts'
import { Graph } from '../../../src/lib/engine/graph.ts'
import { InputError } from '../../../src/lib/support/errors.ts'

describe('the device', () => {
  it('is the one that was asked for, where the runtime offers it', () => {
    expect(chooseExecutionProvider('cpu', ['cpu'])).to.equal('cpu')
    expect(chooseExecutionProvider('webgpu', ['cpu', 'webgpu'])).to.equal('webgpu')
  })

  it('is the fastest on offer for auto', () => {
    expect(chooseExecutionProvider('auto', ['cpu'])).to.equal('cpu')
    expect(chooseExecutionProvider('auto', ['cpu', 'cuda'])).to.equal('cuda')
  })

  it('that is missing is named in one sentence with what there is', () => {
    const choose = () => chooseExecutionProvider('cuda', ['cpu', 'webgpu'])
    expect(choose).to.throw(InputError, /no device cuda; it offers cpu, webgpu; use --device cpu\.$/)
  })

  it('lets a bug in a graph through as it is', async () => {
    const g = new Graph('broken')
    g.output(g.emit('NoSuchOperation', [g.scalar(1)]), 'y', [])
    const error = await createSession(g.build()).catch((reason: Error) => reason)
    expect(error).to.be.an('error').with.property('message').that.includes('NoSuchOperation')
    expect(error).to.not.be.instanceOf(InputError)
  })
})
