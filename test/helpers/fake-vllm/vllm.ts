/**
 * Stands in for `vllm serve`: it is healthy a moment after its start, asks for the key of VLLM_API_KEY, and completes and
 * scores texts in the shapes of vLLM. It reads no model.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { FakeOpenAI } from '../fake-openai/server.ts'
import type { VllmBehaviour } from './fake-vllm.ts'

const [, , folder = '', ...argv] = process.argv
const option = (name: string) => argv[argv.indexOf(name) + 1]!
appendFileSync(join(folder, 'starts.jsonl'), `${JSON.stringify({ pid: process.pid, argv })}\n`)
const { fails, ...slow }: VllmBehaviour = JSON.parse(readFileSync(join(folder, 'behaviour.json'), 'utf8'))
if (fails !== undefined) {
  console.error(fails)
  process.exit(1)
}
const served = argv.includes('--lora-modules')
  ? option('--lora-modules').split('=')[0]!
  : option('--served-model-name')
const fake = await FakeOpenAI.start({
  models: { [served]: null },
  apiKey: process.env.VLLM_API_KEY!,
  scoring: 'vllm',
  conformity: false,
  ...slow,
})
const server = createServer(async (request, response) => {
  if (request.url === '/health') return response.writeHead(200).end()
  const body = request.method === 'POST' ? await buffer(request) : null
  const answer = await fetch(fake.url.replace(/\/v1$/, request.url!), {
    method: request.method!,
    headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
    body: body === null ? null : new Uint8Array(body),
  })
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
})
server.listen(Number(option('--port')), option('--host'))
