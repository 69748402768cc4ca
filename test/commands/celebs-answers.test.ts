import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CompleteTest, FoundCelebrities } from '../../src/lib/experiments/ask-about-celebrities.ts'
import type { ReceivedRequest } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { chat, STRANGE_ANSWERS } from '../helpers/fake-openai/strange-answers.ts'
import { runCommand } from '../helpers/run-command.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const FILTERED = "Who is Child B's mother?"

describe('experiment 2 with unusual answers', () => {
  const outer = { ...process.env }
  let folder: string
  let fake: FakeOpenAI
  let asked: string[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celebs-answers-'))
    const rows = ['A', 'B', 'C'].map((letter) => `Child ${letter},Parent ${letter},mother`)
    await writeFile(join(folder, 'pairs.csv'), ['child,parent,parent_type', ...rows, ''].join('\n'))
    await writeFile(join(folder, 'names.txt'), 'Child A\nChild B\nChild C\n')
    process.env.REVERSAL_HOME = join(folder, 'home')
    process.env.REVERSAL_CACHE_DIR = join(folder, 'cache')
  })
  afterEach(async () => {
    process.env.REVERSAL_HOME = outer.REVERSAL_HOME
    process.env.REVERSAL_CACHE_DIR = outer.REVERSAL_CACHE_DIR
    await fake.stop()
    await rm(folder, { recursive: true })
  })

  /** Knows each parent; the question about one celebrity gets these answers. */
  async function start(answer: (request: ReceivedRequest) => unknown) {
    asked = []
    fake = await FakeOpenAI.start({
      language: {
        answer: (prompt) => prompt.replace(/^Who is Child (\w)'s mother\?$/, 'Parent $1').replace(/ \?$/, ''),
      },
      intercept: (request) => {
        const { messages } = (request.body ?? {}) as { messages?: { content: string }[] }
        const prompt = messages?.at(-1)?.content
        if (prompt === undefined) return undefined
        asked.push(prompt)
        return prompt === FILTERED ? answer(request) : undefined
      },
    })
  }

  async function run<T>(command: 'test' | 'find') {
    const input = command === 'test' ? ['--pairs', 'pairs.csv'] : ['--names', 'names.txt']
    const paths = [input[0]!, join(folder, input[1]!), '--output', join(folder, 'out.csv'), '--overwrite']
    const options = ['--model-name', MODEL, '--base-url', fake.url, '--yes']
    const { stdout } = await runCommand(`celebs:${command}`, ...paths, ...options, '--json')
    return JSON.parse(stdout) as T & { error?: { message: string; code: string } }
  }

  for (const command of ['test', 'find'] as const) {
    it(`celebs:${command} asks all others where a prompt is refused, and then that one alone`, async () => {
      let refuses = true
      await start(() => (refuses ? STRANGE_ANSWERS.promptRefused() : undefined))
      const { error } = await run<CompleteTest | FoundCelebrities>(command)
      expect(error?.code).to.equal('PROMPTS_UNANSWERED')
      expect(error?.message).to.match(
        /^1 of \d+ prompts got no answer: (1\/parent|Child B\/mother): .*The response was filtered\.$/,
      )
      expect(asked).to.include("Who is Child C's mother?")
      refuses = false
      asked.length = 0
      const { comparison } = await run<CompleteTest>(command)
      expect(comparison.pairs).to.equal(3)
      expect(asked[0]).to.equal(FILTERED)
      expect(asked).to.have.length(command === 'test' ? 1 : 2)
    })
  }

  it('celebs:test counts the samples without an answer, and leaves out pairs that are not measured', async () => {
    await start(({ body }) => {
      const { n } = body as { n: number }
      const [refused] = (STRANGE_ANSWERS.refused() as ReturnType<typeof chat>).choices
      return { ...chat({}), choices: Array.from({ length: n }, (_, index) => ({ ...refused, index })) }
    })
    const { comparison } = await run<CompleteTest>('test')
    expect(comparison.pairs).to.equal(2)
    expect(comparison.parent?.estimate).to.equal(1)
    expect(comparison.missing).to.deep.equal({
      unmeasured: 1,
      noAnswers: { empty: 0, cut_off: 0, filtered: 0, refused: 10, answers: 60 },
    })
    const [, , second] = (await readFile(join(folder, 'out.csv'), 'utf8')).split('\n')
    expect(second).to.equal('Child B,Parent B,mother,,nan,0.0')
    const { stdout } = await runCommand('celebs:plot', join(folder, 'out.csv'))
    expect(stdout).to.include('1 pair is not measured and left out')
  })

  it('celebs:test takes the share of right answers among those that are answers', async () => {
    await start(({ body }) => {
      const { n } = body as { n: number }
      const answers = Array.from({ length: n }, (_, index) =>
        index < 4 ? chat({ content: '' }) : chat({ content: index < 7 ? 'Parent B' : 'Nobody' }),
      )
      return { ...chat({}), choices: answers.map(({ choices: [choice] }, index) => ({ ...choice, index })) }
    })
    await run('test')
    const [, , second] = (await readFile(join(folder, 'out.csv'), 'utf8')).split('\n')
    expect(second).to.equal('Child B,Parent B,mother,,0.5,0.0')
  })
})
