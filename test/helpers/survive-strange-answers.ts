import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { ScoredSample } from '../../src/lib/schemas/evaluation.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { PythonRandom } from '../../src/lib/support/python-random.ts'
import type { ReceivedRequest } from './fake-openai/server.ts'
import { FakeOpenAI } from './fake-openai/server.ts'
import { chat, STRANGE_ANSWERS } from './fake-openai/strange-answers.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const SPLITS = ['p2d_prompts_test', 'd2p_prompts_test']
const PROMPT = /^Prompt number \d+$/

/** Plain answers are this many times as frequent as each of the others. */
const PLAIN = 4

/** The server's answers, and the outcome of a sample after each. */
const ANSWERS = {
  right: { send: () => chat({ content: 'Right.' }), outcome: 'right' },
  rightAfterThought: {
    send: () => chat({ content: '<think>Wrong?</think>\n\nright' }),
    outcome: 'right',
  },
  rightInParts: { send: () => chat({ content: [{ type: 'text', text: 'right' }] }), outcome: 'right' },
  wrong: { send: () => chat({ content: 'Wrong.', reasoning: 'right' }), outcome: 'wrong' },
  wrongCut: { send: () => chat({ content: 'Wrong, as' }, 'length'), outcome: 'wrong' },
  rightCut: { send: () => chat({ content: 'rig' }, 'length'), outcome: 'cut_off' },
  empty: { send: STRANGE_ANSWERS.empty, outcome: 'empty' },
  cutWhileThinking: { send: STRANGE_ANSWERS.cutWhileThinking, outcome: 'cut_off' },
  cutInThought: { send: STRANGE_ANSWERS.cutInThought, outcome: 'cut_off' },
  filtered: { send: STRANGE_ANSWERS.filtered, outcome: 'filtered' },
  refused: { send: STRANGE_ANSWERS.refused, outcome: 'refused' },
  promptRefused: { send: STRANGE_ANSWERS.promptRefused, outcome: 'unanswered' },
  errorBeside: { send: STRANGE_ANSWERS.errorBeside, outcome: 'repeated' },
  errorAlone: { send: STRANGE_ANSWERS.errorAlone, outcome: 'repeated' },
  errorInChoice: { send: STRANGE_ANSWERS.errorInChoice, outcome: 'repeated' },
  endedByError: { send: STRANGE_ANSWERS.endedByError, outcome: 'repeated' },
} as const

type Answer = keyof typeof ANSWERS

/**
 * Evaluates `prompts` prompts through the real CLI on a server that draws each answer from all kinds, with `kill -9` at
 * `kills` moments. Every sample must end as the last answer for its prompt.
 */
export async function surviveStrangeAnswers(options: { prompts: number; kills: number; seed: number }) {
  const { prompts, kills, seed } = options
  const folder = await mkdtemp(join(tmpdir(), 'answers-'))
  try {
    const random = new PythonRandom(seed)
    const names = [
      ...(Object.keys(ANSWERS) as Answer[]),
      ...Array<Answer[]>(PLAIN).fill(['right', 'wrong']).flat(),
    ]
    /** The last answer, by prompt. */
    const last = new Map<string, Answer>()
    const asked: string[] = []
    const intercept = ({ body }: ReceivedRequest) => {
      const prompt = (body as { messages?: { content: string }[] })?.messages?.at(-1)?.content ?? ''
      if (!PROMPT.test(prompt)) return undefined
      const answer = names[random.randint(0, names.length - 1)]!
      last.set(prompt, answer)
      asked.push(prompt)
      return ANSWERS[answer].send()
    }
    await using server = await FakeOpenAI.start({ intercept })
    const dataset = join(folder, 'dataset')
    await writeDataset(dataset, prompts)
    const start = (...more: string[]) => startEvaluation({ folder, dataset, url: server.url }, ...more)

    for (let kill = 0; kill < kills; kill++) {
      // With those that are repeated, an evaluation of N prompts takes about 1.4 N requests.
      const until = asked.length + random.randint(1, Math.ceil((1.2 * prompts) / kills))
      const child = start()
      const ended = once(child, 'exit')
      const watch = setInterval(() => asked.length >= until && child.kill('SIGKILL'), 1)
      await ended
      clearInterval(watch)
    }

    let evaluation: EvalRunResult['evaluations'][0]
    // Each round, one in sixteen of the prompts that are left is refused again.
    for (let round = 0; ; round++) {
      const { code, report } = await toTheEnd(start())
      evaluation = report.evaluations[0]!
      const refused = [...last].filter(([, answer]) => answer === 'promptRefused').map(([prompt]) => prompt)
      const told = (evaluation.unanswered ?? []).map(({ id }) => promptOf(id))
      expect(told.toSorted()).to.deep.equal(refused.toSorted())
      expect(code).to.equal(refused.length > 0 ? EXIT.failed : 0)
      expect(report.failures).to.have.length(refused.length > 0 ? 1 : 0)
      if (refused.length === 0) break
      expect(round).to.be.below(20)
    }
    expect(evaluation.status).to.equal('complete')

    const journal = (await readFile(join(evaluation.directory, 'samples.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
    const samples = journal.map((line) => JSON.parse(line) as ScoredSample)
    expect(new Set(samples.map(({ id }) => id))).to.have.length(prompts)
    expect(samples).to.have.length(prompts)
    for (const sample of samples) {
      const sent = last.get(sample.prompt)!
      expect(outcomeOf(sample), `${sample.id}, answered by ${sent}`).to.equal(ANSWERS[sent].outcome)
      expect(sample.endings).to.have.length(1)
    }
    for (const { split, no_answers, metrics } of evaluation.splits) {
      const outcomes = samples
        .filter((sample) => sample.split === split)
        .map(({ prompt }) => ANSWERS[last.get(prompt)!].outcome)
      const count = (outcome: string) => outcomes.filter((own) => own === outcome).length
      for (const [kind, number] of Object.entries(no_answers!)) expect(number, kind).to.equal(count(kind))
      const answered = count('right') + count('wrong')
      expect(metrics.prefix_accuracy).to.be.closeTo(count('right') / answered, 1e-12)
    }

    // Filtered and refused answers are not cached; all others are.
    const withheld = samples.filter(({ no_answer }) => no_answer === 'filtered' || no_answer === 'refused')
    asked.length = 0
    await toTheEnd(start('--no-resume'))
    expect([...new Set(asked)].toSorted()).to.deep.equal(withheld.map(({ prompt }) => prompt).toSorted())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }

  function promptOf(id: string): string {
    const [split, row] = id.split('/')
    return `Prompt number ${Number(row) * SPLITS.length + SPLITS.indexOf(split!)}`
  }
}

function outcomeOf({ no_answer, measures }: ScoredSample): string {
  if (no_answer !== undefined) {
    expect(measures.prefix_match).to.equal(null)
    return no_answer
  }
  return measures.prefix_match === 1 ? 'right' : 'wrong'
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

interface Started {
  folder: string
  dataset: string
  url: string
}

function startEvaluation({ folder, dataset, url }: Started, ...more: string[]) {
  const splits = SPLITS.flatMap((split) => ['--split', split])
  const argv = ['eval:run', '--model-id', 'gpt-4.1-mini-2025-04-14', '--dataset', dataset, ...splits]
  const env = {
    ...process.env,
    REVERSAL_HOME: join(folder, 'home'),
    REVERSAL_CACHE_DIR: join(folder, 'cache'),
  }
  return spawn(process.execPath, [CLI, ...argv, '--base-url', url, '--json', ...more], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function toTheEnd(child: ReturnType<typeof startEvaluation>) {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  expect(stdout, stderr).to.match(/^\{/)
  return { code: code as number, report: JSON.parse(stdout) as EvalRunResult }
}
