import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import { PythonRandom } from '../../src/lib/support/python-random.ts'
import { FakeOpenAI } from './fake-openai/server.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const SPLITS = ['p2d_prompts_test', 'd2p_prompts_test']
const SHARES = { throttled: 0.2, failed: 0.1, cut: 0.05, silent: 0.02 }
/** Right for every third prompt. */
const language = {
  answer: (prompt: string) => (Number(prompt.split(' ').at(-1)) % 3 === 0 ? ' right.' : ' wrong.'),
}

/** The result, which must be the same however often an evaluation was disturbed. */
interface Outcome {
  splits: EvalRunResult['evaluations'][0]['splits']
  journal: string[]
}

/**
 * Evaluates `prompts` prompts through the real CLI: undisturbed, through all faults at once, and through all faults
 * with `kill -9` at `kills` random moments. The results must be equal, with each prompt once in the journal.
 */
export async function surviveFaults({
  prompts,
  kills,
  seed,
}: {
  prompts: number
  kills: number
  seed: number
}) {
  const folder = await mkdtemp(join(tmpdir(), 'faults-'))
  try {
    const dataset = join(folder, 'dataset')
    await writeDataset(dataset, prompts)
    const evaluate = evaluator({ folder, dataset })

    await using calm = await FakeOpenAI.start({ language })
    const undisturbed = await evaluate(calm, 'undisturbed')
    expect(undisturbed.journal).to.have.length(prompts)
    for (const { metrics } of undisturbed.splits) expect(metrics.prefix_accuracy).to.be.closeTo(1 / 3, 0.01)

    await using faulty = await FakeOpenAI.start({ language, faults: { ...SHARES, retryAfterMs: 20, seed } })
    expectEqual(await evaluate(faulty, 'faults'), undisturbed)
    const met = new Set(faulty.requests.map(({ fault }) => fault))
    expect([...met]).to.include.members(Object.keys(SHARES))

    await using deadly = await FakeOpenAI.start({
      language,
      faults: { ...SHARES, retryAfterMs: 20, seed: seed + 1 },
    })
    const random = new PythonRandom(seed)
    for (let kill = 0; kill < kills; kill++) {
      // Requests until the next kill: with its faults, an evaluation of N prompts takes about 1.6 N.
      const requests = random.randint(1, Math.ceil((1.4 * prompts) / kills))
      await evaluate.andDie(deadly, 'killed', requests)
    }
    expectEqual(await evaluate(deadly, 'killed'), undisturbed)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Shows the first difference, as a full comparison would print thousands of lines. */
function expectEqual(outcome: Outcome, undisturbed: Outcome): void {
  const difference = outcome.journal.findIndex((line, index) => line !== undisturbed.journal[index])
  expect(outcome.journal[difference]).to.equal(undisturbed.journal[difference])
  expect(outcome.journal).to.have.length(undisturbed.journal.length)
  expect(outcome.splits).to.deep.equal(undisturbed.splits)
}

async function writeDataset(directory: string, prompts: number): Promise<void> {
  await mkdir(directory)
  const lines = Array.from({ length: prompts }, (_, index) =>
    JSON.stringify({ prompt: `Prompt number ${index}`, completion: ' right' }),
  )
  for (const [part, split] of SPLITS.entries()) {
    const own = lines.filter((_, index) => index % SPLITS.length === part)
    await writeFile(join(directory, `${split}.jsonl`), `${own.join('\n')}\n`)
  }
}

function evaluator({ folder, dataset }: { folder: string; dataset: string }) {
  function start({ url }: FakeOpenAI, home: string) {
    const splits = SPLITS.flatMap((split) => ['--split', split])
    const argv = ['eval:run', '--model-id', 'gpt-4.1-mini-2025-04-14', '--dataset', dataset, ...splits]
    const options = ['--base-url', url, '--timeout', '1.5', '--no-cache', '--json']
    const env = { ...process.env, REVERSAL_HOME: join(folder, home) }
    return spawn(process.execPath, [CLI, ...argv, ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  async function toTheEnd(server: FakeOpenAI, home: string): Promise<Outcome> {
    const child = start(server, home)
    const [stdout, stderr, [code]] = await Promise.all([
      Array.fromAsync(child.stdout),
      Array.fromAsync(child.stderr),
      once(child, 'exit'),
    ])
    expect({ code, stderr: Buffer.concat(stderr).toString() }).to.deep.equal({ code: 0, stderr: '' })
    const { evaluations } = JSON.parse(Buffer.concat(stdout).toString()) as EvalRunResult
    const { status, splits, directory } = evaluations[0]!
    expect(status).to.equal('complete')
    const journal = (await readFile(join(directory, 'samples.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(new Set(journal.map((line) => JSON.parse(line).id))).to.have.length(journal.length)
    return { splits, journal: journal.toSorted() }
  }

  /** Kills the process once the server has received so many of its requests, or lets it end before. */
  async function andDie(server: FakeOpenAI, home: string, requests: number): Promise<void> {
    const before = server.requests.length
    const child = start(server, home)
    const ended = once(child, 'exit')
    const watch = setInterval(() => {
      if (server.requests.length >= before + requests) child.kill('SIGKILL')
    }, 1)
    await ended
    clearInterval(watch)
  }

  return Object.assign(toTheEnd, { andDie })
}
