import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readPairs } from '../../src/lib/datasets/celebrities/pairs.ts'
import type { CompleteTest, FoundCelebrities } from '../../src/lib/experiments/ask-about-celebrities.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { eventually } from '../helpers/eventually.ts'
import type { FakeOpenAIOptions } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const MODEL = 'gpt-4.1-mini-2025-04-14'
const PEOPLE = Array.from({ length: 12 }, (_, index) => String.fromCharCode(65 + index))
/** "Who is Child A's mother?" → "Parent A". */
const PARENT_QUESTION = /^Who is Child (\w)'s mother\?$/

/** Knows each parent in 7 of 10 answers and no child. */
const oneWay: NonNullable<FakeOpenAIOptions['language']> = {
  answer(prompt, { sample }) {
    const [, letter] = PARENT_QUESTION.exec(prompt) ?? []
    return letter !== undefined && sample < 7 ? `Parent ${letter}` : "I don't know."
  },
}

describe('experiment 2 on a hosted chat model', () => {
  let home: string
  let pairs: string

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'celebs-hosted-'))
    pairs = join(home, 'pairs.csv')
    const rows = PEOPLE.map((letter) => `Child ${letter},Parent ${letter},mother`)
    await writeFile(pairs, ['child,parent,parent_type', ...rows, ''].join('\n'))
  })
  afterEach(() => rm(home, { recursive: true }))

  function start(server: FakeOpenAI, ...argv: string[]) {
    const env = {
      ...process.env,
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: server.url,
      REVERSAL_HOME: home,
      REVERSAL_CACHE_DIR: join(home, 'cache'),
    }
    const child = spawn(process.execPath, [DEV, ...argv], {
      cwd: home,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { child, output: Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]) }
  }

  async function run<T>(server: FakeOpenAI, ...argv: string[]) {
    const [stdout, stderr, [status]] = await start(server, ...argv, '--json').output
    expect(stdout, stderr).to.match(/^\{/)
    return { result: JSON.parse(stdout) as T & { error?: { code: string; message: string } }, status }
  }

  const test = (name: string) => [
    'celebs:test',
    '--model-name',
    MODEL,
    '--pairs',
    pairs,
    '--output',
    join(home, name),
  ]

  it('finds out to the exact rate that it knows one direction only, after the original’s conversation', async () => {
    await using server = await FakeOpenAI.start({ language: oneWay })
    const { result } = await run<CompleteTest>(server, ...test('results.csv'), '--yes')
    expect(result.comparison).to.include({ model: MODEL, measure: 'answers', pairs: 12 })
    expect(result.comparison.parent?.estimate).to.be.closeTo(0.7, 1e-12)
    expect(result.comparison.child?.estimate).to.equal(0)
    expect(result.comparison.anyAnswer?.parent.estimate).to.equal(1)
    const [head, first] = (await readFile(join(home, 'results.csv'), 'utf8')).split('\n')
    expect(head).to.equal(
      `child,parent,parent_type,child_prediction,${MODEL}_can_find_parent,${MODEL}_can_find_child`,
    )
    expect(first).to.equal('Child A,Parent A,mother,,0.7,0.0')

    const chats = server.requests.filter(({ path }) => path === '/chat/completions')
    expect(chats).to.have.length(24)
    const { messages, n } = chats[0]!.body as { messages: { role: string }[]; n: number }
    expect(n).to.equal(10)
    expect(messages.map(({ role }) => role)).to.deep.equal([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ])
  })

  it('is killed and goes on, to the same file as in one go', async () => {
    await using server = await FakeOpenAI.start({ language: oneWay })
    await run(server, ...test('whole.csv'), '--yes', '--no-cache')
    const whole = await readFile(join(home, 'whole.csv'), 'utf8')
    await rm(join(home, 'evaluations'), { recursive: true })

    const asked = () => server.requests.filter(({ path }) => path === '/chat/completions').length
    const before = asked()
    // Ten questions get answers, and those after them none, so that the kill comes amid the test on any machine.
    server.options.intercept = ({ path }) =>
      path === '/chat/completions' && asked() > before + 10 ? new Promise(() => {}) : undefined
    const resumed = [...test('resumed.csv'), '--yes', '--no-cache', '--concurrency', '2']
    const { child, output } = start(server, ...resumed)
    await eventually('ten answers', async () => (await keptAnswers(home)) === 10)
    child.kill('SIGKILL')
    await output
    const killedAt = asked()
    delete server.options.intercept
    await run(server, ...resumed)
    expect(await readFile(join(home, 'resumed.csv'), 'utf8')).to.equal(whole)
    expect(killedAt - before).to.be.within(10, 10 + 2)
    expect(asked() - killedAt).to.equal(24 - 10)
  })

  it('is not asked before somebody agrees to pay', async () => {
    await using server = await FakeOpenAI.start({ language: oneWay })
    const { result, status } = await run(server, ...test('results.csv'), '--limit', '5')
    expect(status).to.equal(EXIT.usage)
    expect(result.error?.code).to.equal('CONFIRMATION_NEEDED')
    expect(result.error?.message).to.match(
      /^Ask gpt-4\.1-mini-2025-04-14 for up to 100 answers to 10 prompts, about \d{3,4} tokens of prompts and at most 2,400 of answers, at most \$0\.0\d\?/,
    )
    expect(server.requests.filter(({ path }) => path === '/chat/completions')).to.have.length(0)
  })

  it('names parents, and is then asked for their children', async () => {
    const language: FakeOpenAIOptions['language'] = {
      answer(prompt, { sample, temperature }) {
        const [, letter] = PARENT_QUESTION.exec(prompt) ?? []
        if (letter !== undefined) return temperature === 0 ? `Parent ${letter}` : 'nobody'
        return prompt === 'Name a child of Parent B.' && sample === 9 ? 'Child B' : "I don't know."
      },
    }
    await using server = await FakeOpenAI.start({ language })
    const names = join(home, 'names.txt')
    await writeFile(
      names,
      PEOPLE.slice(0, 4)
        .map((letter) => `Child ${letter}`)
        .join('\n'),
    )
    const output = join(home, 'found.csv')
    const { result } = await run<FoundCelebrities>(
      server,
      ...['celebs:find', '--model_name', MODEL, '--names', names, '--output', output, '--yes'],
    )
    expect(result.pairs).to.have.length(4)
    expect(result.comparison.child?.estimate).to.equal(0.25)
    expect((await readPairs(output)).map(({ childPrediction }) => childPrediction)).to.deep.equal([
      null,
      'Child B',
      null,
      null,
    ])
  })
})

/** How many answers the one test of a store has kept so far. */
async function keptAnswers(home: string): Promise<number> {
  const [test] = await readdir(join(home, 'evaluations')).catch(() => [])
  if (test === undefined) return 0
  const journal = await readFile(join(home, 'evaluations', test, 'samples.jsonl'), 'utf8').catch(() => '')
  return journal.split('\n').length - 1
}
