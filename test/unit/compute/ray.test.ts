import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseRayAddress } from '../../../src/lib/compute/ray/ray-address.ts'
import { requireRayGpus } from '../../../src/lib/compute/ray/ray-gpus.ts'
import { readRayToken } from '../../../src/lib/compute/ray/ray-token.ts'

describe('the engine ray', () => {
  it('takes the addresses that lead to a dashboard', () => {
    expect(parseRayAddress('http://127.0.0.1:8265/')).to.equal('http://127.0.0.1:8265')
    expect(parseRayAddress(' head:8265 ')).to.equal('http://head:8265')
    expect(parseRayAddress('https://ray.example.org/of/us/')).to.equal('https://ray.example.org/of/us')
    for (const text of ['ray://head:10001', 'http://', 'auto:x']) {
      expect(() => parseRayAddress(text), text).to.throw(/is not the address of a Ray dashboard/)
    }
    expect(() => parseRayAddress('http://me:secret@head:8265')).to.throw(/^(?!.*secret)/)
  })

  it('looks at the machines before', () => {
    const nodes = [8, 8, 4, 0].map((GPU) => ({
      state: 'ALIVE',
      resources_total: { CPU: 1, GPU, 'accelerator_type:A100': 1 },
    }))
    expect(requireRayGpus(nodes, {})).to.deep.equal({ gpus: 1, bf16: true })
    expect(requireRayGpus(nodes, { gpus: 8, nodes: 2 })).to.deep.equal({ gpus: 8, bf16: true })
    expect(() => requireRayGpus(nodes, { gpus: 8, nodes: 3 })).to.throw(/has 2 machines with 8 GPUs/)
    const old = [{ state: 'ALIVE', resources_total: { GPU: 1, 'accelerator_type:V100': 1 } }]
    expect(requireRayGpus(old, {})).to.deep.equal({ gpus: 1, bf16: false })
    expect(requireRayGpus([{ state: 'ALIVE', resources_total: { CPU: 4 } }], {})).to.deep.equal({
      gpus: 0,
      bf16: false,
    })
  })

  it('reads the token where Ray does, in its order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ray-token-'))
    try {
      const file = join(folder, 'token')
      await writeFile(file, 'of the file\n')
      expect(await readRayToken({ RAY_AUTH_TOKEN: 'own', RAY_AUTH_TOKEN_PATH: file })).to.equal('own')
      expect(await readRayToken({ RAY_AUTH_TOKEN_PATH: file, HOME: folder })).to.equal('of the file')
      expect(await readRayToken({ RAY_AUTH_MODE: 'disabled', RAY_AUTH_TOKEN: 'own' })).to.equal(undefined)
      expect(await readRayToken({ HOME: folder })).to.equal(undefined)
      const missing = { RAY_AUTH_TOKEN_PATH: join(folder, 'none') }
      const error = await readRayToken(missing).catch((reason: Error) => reason)
      expect(error)
        .to.be.an('error')
        .with.property('message')
        .that.matches(/holds no token/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
