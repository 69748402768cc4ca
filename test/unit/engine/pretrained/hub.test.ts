import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { DownloadProgress } from '../../../../src/lib/engine/pretrained/hub/download.ts'
import { fetchModel } from '../../../../src/lib/engine/pretrained/hub/download.ts'
import { parseRepository } from '../../../../src/lib/engine/pretrained/hub/repository.ts'
import { hubSettings } from '../../../../src/lib/engine/pretrained/hub/settings.ts'
import type { LocateOptions } from '../../../../src/lib/engine/pretrained/locate.ts'
import { findBaseWith, locatePretrained } from '../../../../src/lib/engine/pretrained/locate.ts'
import { namesPretrained } from '../../../../src/lib/engine/pretrained/names-pretrained.ts'
import { readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { failure } from '../../../helpers/failure.ts'
import { COMMIT, FakeHub } from './fake-hub.ts'
import { FIXTURES } from './fixtures.ts'

const NAME = 'tiny/llama'

describe('the Hugging Face Hub', () => {
  let cwd: string
  let hub: FakeHub
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'reversal-hub-'))
    hub = await FakeHub.of(join(FIXTURES, 'llama'), NAME)
  })
  afterEach(async () => {
    await hub[Symbol.asyncDispose]()
    await rm(cwd, { recursive: true })
  })

  const options = (more: Partial<LocateOptions> = {}): LocateOptions & { backoffMs: number } => ({
    ...{
      cwd,
      endpoint: hub.endpoint,
      cacheDirectory: join(cwd, 'cache'),
      offline: false,
      backoffMs: 1,
      token: 'hf_secret',
    },
    ...more,
  })
  const fetch = (name = `hf:${NAME}`, more: Partial<LocateOptions> = {}) =>
    fetchModel(parseRepository(name), options(more))

  it('gives a model in Python’s layout, once', async () => {
    const progress: DownloadProgress[] = []
    const onProgress = (each: DownloadProgress) => progress.push(each)
    const { path, base } = await locatePretrained(`hf:${NAME}`, options({ onProgress }))
    expect(base).to.deep.equal({ name: NAME, revision: COMMIT })
    const repository = join(cwd, 'cache', 'models--tiny--llama')
    expect(path).to.equal(join(repository, 'snapshots', COMMIT))
    expect(await readFile(join(repository, 'refs', 'main'), 'utf8')).to.equal(COMMIT)
    expect(await readlink(join(path, 'config.json'))).to.match(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/)
    expect((await readPretrained(path)).config.architecture).to.equal('llama')
    expect(await readdir(path)).to.have.members([
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'model.safetensors.index.json',
      ...[1, 2, 3].map((part) => `model-0000${part}-of-00003.safetensors`),
    ])
    const { bytes, totalBytes } = progress.at(-1)!
    expect(bytes).to.equal(totalBytes)
    const asked = hub.requests.length
    expect(await fetch()).to.equal(path)
    expect(await fetch(`hf:${NAME}@${COMMIT}`, { offline: true })).to.equal(path)
    expect(hub.requests).to.have.length(asked)
  })

  it('sends the token to the Hub alone', async () => {
    await fetch()
    const tokens = (server: string) =>
      new Set(hub.requests.filter((each) => each.server === server).map(({ authorization }) => authorization))
    expect(tokens('hub')).to.deep.equal(new Set(['Bearer hf_secret']))
    expect(tokens('store')).to.deep.equal(new Set([undefined]))
  })

  it('takes the token of a file where none is given', async () => {
    const tokenPath = join(cwd, 'token')
    await writeFile(tokenPath, 'hf_file\n')
    await fetchModel(parseRepository(`hf:${NAME}`), { ...options({ tokenPath }), token: undefined })
    expect(hub.requests[0]!.authorization).to.equal('Bearer hf_file')
  })

  it('goes on where a connection broke', async () => {
    hub.breaks.push(1000, 2000)
    await readPretrained(await fetch())
    expect(hub.requests.flatMap(({ range }) => range ?? []).at(-1)).to.match(/^bytes=[1-3]000-$/)
  })

  it('goes on with what an earlier download left', async () => {
    hub.breaks.push(1000, 0, 0, 0, 0, 0, 0)
    expect((await failure(fetch())).code).to.equal('HUB_FAILED')
    hub.breaks.length = 0
    hub.requests.length = 0
    await readPretrained(await fetch())
    const { range } = hub.requests.find(({ server }) => server === 'store')!
    expect(range).to.equal('bytes=1000-')
  })

  it('asks again where the server is busy', async () => {
    hub.faults.push(
      (response) => response.writeHead(503).end(),
      (response) => response.writeHead(429, { 'retry-after': '0' }).end(),
      (response) => response.destroy(),
    )
    await readPretrained(await fetch())
  })

  it('refuses content that has another hash, and keeps none of it', async () => {
    const file = 'model-00002-of-00003.safetensors'
    const { path } = { path: join(FIXTURES, 'llama', file) }
    hub.replaced.set(file, Buffer.from(await readFile(path)).fill(1, 2000, 2001))
    expect((await failure(fetch())).message).to.match(
      /^model-00002-of-00003\.safetensors of tiny\/llama arrived damaged/,
    )
    hub.replaced.clear()
    await readPretrained(await fetch())
  })

  it('says in one sentence what it cannot fetch', async () => {
    const refusal = async (work: Promise<unknown>) => {
      const { message, code, exit } = await failure(work)
      return { message, code, exit }
    }
    expect(await refusal(fetch('hf:tiny/none'))).to.deep.include({ code: 'MODEL_NOT_FOUND', exit: 2 })
    expect(await refusal(fetch(`hf:${NAME}@v9`))).to.deep.include({
      code: 'MODEL_NOT_FOUND',
      message: 'tiny/llama has no revision v9.',
    })
    expect(await refusal(fetch(undefined, { offline: true }))).to.deep.include({
      code: 'MODEL_NOT_CACHED',
      exit: 2,
    })
    hub.faults.push((response) => response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end())
    expect(await refusal(fetch())).to.deep.include({ code: 'MODEL_GATED', exit: 2 })
    hub.sizes.set('model-00001-of-00003.safetensors', 1e15)
    expect(await refusal(fetch())).to.deep.include({ code: 'NO_SPACE', exit: 2 })
    hub.sizes.clear()
    hub.remove('model.safetensors.index.json')
    expect((await refusal(fetch())).message).to.equal('tiny/llama holds no weights as safetensors.')
    expect(
      (await failure(fetchModel(parseRepository('hf:a/b'), { ...options(), endpoint: 'http://127.0.0.1:9' })))
        .code,
    ).to.equal('HUB_FAILED')
  })

  it('never writes the token into a message', async () => {
    hub.faults.push((response) => response.writeHead(418).end())
    expect((await failure(fetch())).message).not.to.include('hf_secret')
  })

  it('finds the model of an adapter', async () => {
    expect(
      await findBaseWith(options())({ name: NAME, revision: 'b'.repeat(40) }).catch((error) => error.code),
    ).to.equal('MODEL_NOT_FOUND')
    const path = await fetch()
    expect(await findBaseWith(options({ offline: true }))({ name: NAME, revision: COMMIT })).to.equal(path)
    expect(await findBaseWith(options())({ name: '/models/x' })).to.equal('/models/x')
  })

  it('knows names of models', () => {
    expect(parseRepository('hf:gpt2')).to.deep.equal({ name: 'gpt2', revision: 'main' })
    expect(parseRepository('hf:Qwen/Qwen2.5-0.5B@refs/pr/1')).to.deep.equal({
      name: 'Qwen/Qwen2.5-0.5B',
      revision: 'refs/pr/1',
    })
    for (const wrong of ['hf:', 'hf:a/b/c', 'hf:../x', 'hf:a/..', 'hf:a/b@../../etc', 'hf:a b']) {
      expect(() => parseRepository(wrong), wrong).to.throw('is not the name of a model')
    }
    const named = ['hf:gpt2', './folder', '/models/x', 'model.gguf', 'ada', 'davinci-002'].filter(
      namesPretrained,
    )
    expect(named).to.deep.equal(['hf:gpt2', './folder', '/models/x', 'model.gguf'])
  })

  it('reads the variables of Hugging Face’s tools', () => {
    expect(hubSettings({}, '/home/ann')).to.deep.equal({
      endpoint: 'https://huggingface.co',
      cacheDirectory: '/home/ann/.cache/huggingface/hub',
      tokenPath: '/home/ann/.cache/huggingface/token',
      offline: false,
    })
    const all = {
      HF_ENDPOINT: 'https://mirror.example/',
      HF_HOME: '/hf',
      HF_TOKEN: 'hf_x',
      HF_HUB_OFFLINE: '1',
    }
    expect(hubSettings(all, '/home/ann')).to.deep.equal({
      endpoint: 'https://mirror.example',
      cacheDirectory: '/hf/hub',
      token: 'hf_x',
      tokenPath: '/hf/token',
      offline: true,
    })
    expect(() => hubSettings({ HF_ENDPOINT: 'mirror' }, '/')).to.throw('HF_ENDPOINT is "mirror"')
  })
})
