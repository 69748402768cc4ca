import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { querySparql } from '../../../src/lib/datasets/celebrities/crawl/sparql.ts'
import { listModels } from '../../../src/lib/models/openai/model-list.ts'
import { Transport } from '../../../src/lib/models/openai/transport.ts'
import { proxiesOf } from '../../../src/lib/support/connections.ts'
import { openFetch } from '../../../src/lib/support/fetch-from-host.ts'
import { WandbClient } from '../../../src/lib/tracking/wandb/client.ts'
import { defaultEntity } from '../../../src/lib/tracking/wandb/queries.ts'
import { failure } from '../../helpers/failure.ts'
import { FakeOpenAI } from '../../helpers/fake-openai/server.ts'
import { FakeSparql } from '../../helpers/fake-sparql.ts'
import { FAKE_KEY, FakeWandb } from '../../helpers/fake-wandb/server.ts'
import { LoopbackProxy } from '../../helpers/loopback-proxy.ts'

const VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']

async function serve(answer: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('proxies', () => {
  afterEach(() => {
    for (const name of VARIABLES) delete process.env[name]
  })

  /** What each of the three parts asks of a server; `elsewhere` makes another address of its own. */
  const PARTS: Record<string, (elsewhere: (url: string) => string) => Promise<unknown>> = {
    'hosted models': async (elsewhere) => {
      await using fake = await FakeOpenAI.start()
      const transport = await Transport.open({ baseUrl: elsewhere(fake.url), backoffMs: 1 })
      try {
        return await listModels(transport)
      } finally {
        await transport.close()
      }
    },
    SPARQL: async (elsewhere) => {
      await using fake = await new FakeSparql([]).start()
      return await querySparql('LIMIT 1 OFFSET 0', {
        url: elsewhere(fake.url),
        userAgent: 'test',
        backoffMs: 1,
      })
    },
    'Weights & Biases': async (elsewhere) => {
      const fake = await new FakeWandb().start()
      try {
        const client = new WandbClient({
          ...{ baseUrl: elsewhere(fake.url), key: FAKE_KEY },
          patience: { firstWaitMs: 1, longestWaitMs: 1 },
        })
        return await defaultEntity(client)
      } finally {
        await fake.stop()
      }
    },
  }

  for (const [part, ask] of Object.entries(PARTS)) {
    for (const name of ['HTTP_PROXY', 'http_proxy']) {
      it(`carry the requests of ${part} by ${name}`, async () => {
        await using proxy = await new LoopbackProxy().start()
        process.env[name] = proxy.url
        await ask((url) => url.replace('127.0.0.1', 'server.invalid'))
        expect(proxy.seen).to.have.length(1)
        expect(proxy.seen[0]).to.match(/^http:\/\/server\.invalid:\d+\//)
      })
    }

    it(`carry nothing of ${part} to the hosts of NO_PROXY`, async () => {
      await using proxy = await new LoopbackProxy().start()
      process.env.HTTP_PROXY = proxy.url
      process.env.NO_PROXY = 'localhost,127.0.0.1'
      await ask((url) => url)
      expect(proxy.seen).to.deep.equal([])
    })

    it(`carry the requests of ${part} to encrypted servers by HTTPS_PROXY, through a tunnel`, async () => {
      await using proxy = await new LoopbackProxy().start()
      process.env.HTTPS_PROXY = proxy.url
      const { message } = await failure(
        ask((url) => url.replace('http://127.0.0.1', 'https://server.invalid')),
      )
      expect(message).to.match(/certificate|reached|fails/)
      expect(proxy.seen[0]).to.match(/^server\.invalid:\d+$/)
    })

    it(`are named where the proxy of ${part} has an address that is none, without its password`, async () => {
      process.env.HTTP_PROXY = 'ftp://me:hush@proxy'
      const { message, code } = await failure(ask((url) => url))
      expect(code).to.equal('BAD_PROXY')
      expect(message).to.match(/^HTTP_PROXY is not the address of a proxy/)
    })
  }

  it('are read as curl reads them', () => {
    expect(proxiesOf({})).to.deep.equal({ httpProxy: '', httpsProxy: '', noProxy: '' })
    expect(proxiesOf({ HTTP_PROXY: 'proxy:3128', NO_PROXY: ' a,b ' })).to.deep.equal({
      ...{ httpProxy: 'http://proxy:3128/', httpsProxy: 'http://proxy:3128/', noProxy: 'a,b' },
    })
    expect(proxiesOf({ http_proxy: '', HTTP_PROXY: 'http://proxy' }).httpProxy).to.equal('')
  })
})

describe('a redirect', () => {
  it('to another host is not followed, and nothing goes there', async () => {
    const reached: unknown[] = []
    await using other = await serve((request, response) => {
      reached.push(request.headers)
      response.end('{}')
    })
    await using server = await serve((_, response) => {
      response.writeHead(307, { location: `${other.url}/v1/models` }).end()
    })
    const transport = await Transport.open({ baseUrl: `${server.url}/v1`, organization: 'org-1' })
    const { message, code } = await failure(listModels(transport))
    expect(code).to.equal('REDIRECTED')
    expect(message).to.equal(
      `${server.url} redirects to ${other.url}/v1/models (307), which is another host; redirects to other hosts are not followed.`,
    )
    const endpoint = { url: server.url, userAgent: 'me@example.org' }
    expect((await failure(querySparql('LIMIT 1', endpoint))).code).to.equal('REDIRECTED')
    expect(reached).to.deep.equal([])
    await transport.close()
  })

  it('on the same host is followed where the request stays what it is, and told where it would not', async () => {
    const bodies: string[] = []
    await using server = await serve(async (request, response) => {
      if (request.url === '/new') {
        const parts: Buffer[] = []
        for await (const part of request) parts.push(part)
        bodies.push(`${request.method} ${Buffer.concat(parts)}`)
        response.end('there')
      } else response.writeHead(Number(request.url!.slice(1)), { location: '/new' }).end()
    })
    const { fetch, close } = await openFetch()
    const post = (status: number) => fetch(`${server.url}/${status}`, { method: 'POST', body: 'text' })
    expect(await (await post(307)).text()).to.equal('there')
    expect(await (await fetch(`${server.url}/301`)).text()).to.equal('there')
    expect(bodies).to.deep.equal(['POST text', 'GET '])
    expect((await failure(post(301))).message).to.match(/ would turn the request into another\.$/)
    await close()
  })
})

describe('a redirect of a hosted model', () => {
  it('is followed on its host for what is only read', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/v1/models') response.writeHead(301, { location: '/v2/models' }).end()
      else
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"object":"list","data":[{"id":"m","object":"model"}]}')
    })
    const transport = await Transport.open({ baseUrl: `${server.url}/v1` })
    expect((await listModels(transport)).map(({ id }) => id)).to.deep.equal(['m'])
    await transport.close()
  })
})

describe('the address of an endpoint', () => {
  for (const url of ['me:hush@host/sparql', 'http://me:hush@host/sparql', 'nonsense?key=hush']) {
    it(`is refused where it is none, without a secret: ${url.replaceAll('hush', '…')}`, async () => {
      const { code, message } = await failure(querySparql('', { url, userAgent: 'x' }))
      expect(code).to.equal('BAD_ENDPOINT')
      expect(message).to.not.include('hush')
    })
  }
})
