/**
 * The process that runs llama.cpp for another. A decode cannot be stopped, and a process cannot end before
 * its threads do: without this process, the CLI would ignore Ctrl-C during a decode.
 */
import type { HostReply, HostRequest, HostTask } from './host-messages.ts'
import { packFailure } from './host-messages.ts'
import { LocalLlama } from './local-llama.ts'

let model: LocalLlama
const running = new Map<number, AbortController>()

function reply(message: HostReply): void {
  if (process.connected) process.send!(message)
}

async function* perform(task: HostTask, signal: AbortSignal): AsyncGenerator<unknown> {
  if (task.kind === 'generate') {
    yield* model.generate(task.prompts, { ...task.options, alone: task.alone, signal })
  } else if (task.kind === 'score') yield* model.score(task.requests, { alone: task.alone, signal })
}

async function open({ options }: HostTask & { kind: 'open' }, id: number): Promise<void> {
  const onProgress = (loaded: number) => reply({ id, result: { loaded } })
  model = await LocalLlama.open(options, { onProgress })
  reply({ id, result: { lanes: model.lanes } })
}

async function run(id: number, task: HostTask): Promise<void> {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    if (task.kind === 'open') await open(task, id)
    else for await (const result of perform(task, controller.signal)) reply({ id, result })
    reply({ id, done: true })
  } catch (error) {
    reply({ id, failure: packFailure(error) })
  } finally {
    running.delete(id)
  }
}

process.on('message', (request: HostRequest) => {
  if ('cancel' in request) running.get(request.id)?.abort()
  else void run(request.id, request.task)
})

// Ctrl-C in a terminal reaches this process, too; the parent process decides what it means.
process.on('SIGINT', () => {})

process.on('disconnect', () => {
  if (running.size === 0) process.exit()
  process.kill(process.pid, 'SIGKILL')
})
