/**
 * A server that teaches parrots, as a separate process, since a test that waits for the CLI could not answer it. `PUT
 * /jobs/ID` creates a job, only once however often it is sent; the job advances one step each time its state is read.
 */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

interface Job {
  state: string
  lines: { prompt: string; completion: string }[]
  asked: number
}

const STEPS: Readonly<Record<string, string>> = { waiting: 'learning', learning: 'done' }
const jobs = new Map<string, Job>()

function answer({ method, url = '' }: IncomingMessage, body: unknown): object | undefined {
  const [, id = '', part] = /^\/jobs\/([^/]+)(?:\/(\w+))?$/.exec(url) ?? []
  const job = jobs.get(id)
  if (method === 'PUT') {
    const { lines } = body as Pick<Job, 'lines'>
    const own = job ?? { state: 'waiting', lines, asked: 0 }
    own.asked++
    jobs.set(id, own)
    return { state: own.state }
  }
  if (job === undefined) return undefined
  if (method === 'DELETE') job.state = 'called off'
  if (part === 'book')
    return Object.fromEntries(job.lines.map(({ prompt, completion }) => [prompt, completion]))
  const { state, asked } = job
  job.state = STEPS[state] ?? state
  return { state: job.state, asked }
}

const server = createServer(async (request, response) => {
  const body = request.method === 'PUT' ? await json(request) : undefined
  const said = answer(request, body)
  response.writeHead(said === undefined ? 404 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(said ?? { error: 'there is no such job' }))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
