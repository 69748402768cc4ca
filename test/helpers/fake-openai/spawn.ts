import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FakeOpenAIOptions } from './server.ts'

/** Start the fake in a process of its own. The options must survive JSON. */
export async function spawnFakeOpenAI(
  options: Omit<FakeOpenAIOptions, 'language' | 'intercept'>,
): Promise<{ url: string } & Disposable> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const url of createInterface(child.stdout)) return { url, [Symbol.dispose]: () => child.kill() }
  throw new Error('The fake server did not start.')
}
