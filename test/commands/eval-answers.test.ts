import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalReportResult } from '../../src/commands/eval/report.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { ScoredSample } from '../../src/lib/schemas/evaluation.ts'
import { ApiError } from '../helpers/fake-openai/api-error.ts'
import type { FakeOpenAIOptions, ReceivedRequest } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI, RawAnswer } from '../helpers/fake-openai/server.ts'
import type { StrangeAnswer } from '../helpers/fake-openai/strange-answers.ts'
import { chat, STRANGE_ANSWERS } from '../helpers/fake-openai/strange-answers.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { FORWARD, writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { recordTinyRun } from '../helpers/train-tiny-run.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const SPLIT = 'p2d_prompts_test'
const facts = new Map(FORWARD)
const [FIRST] = FORWARD[0]!

/** The prompt of a request of an evaluation; undefined for any other request. */
function promptOf({ body }: ReceivedRequest): string | undefined {
  const { messages, prompt } = (body ?? {}) as { messages?: { content: string }[]; prompt?: string }
  const asked = messages?.at(-1)?.content ?? prompt
  return asked !== undefined && facts.has(asked) ? asked : undefined
}

describe('eval:run with unusual answers', () => {
  const folder = inOwnFolder('eval-answers-', { each: true })
  let fake: FakeOpenAI
  let asked: string[]

  beforeEach(async () => {
    await writeTinyDataset(join(folder(), 'tiny'))
  })
  afterEach(async () => {
    await fake?.stop()
  })

  /** A server that gives these answers to prompts, and right ones to all others. */
  async function start(
    answer: (prompt: string, request: ReceivedRequest) => unknown,
    options: FakeOpenAIOptions = {},
  ) {
    asked = []
    fake = await FakeOpenAI.start({
      models: { [MODEL]: null, base: null },
      language: { answer: (prompt) => facts.get(prompt) ?? ' Nobody.' },
      intercept: (request) => {
        const prompt = promptOf(request)
        if (prompt === undefined) return undefined
        asked.push(prompt)
        return answer(prompt, request)
      },
      ...options,
    })
  }

  const flags = (...more: string[]) => [
    ...['eval:run', '--model-id', MODEL, '--dataset-name', join(folder(), 'tiny'), '--base-url', fake.url],
    ...['--split', SPLIT, ...more],
  ]

  /** What `--json` prints, and the code with which the process would end. */
  async function evaluate(...more: string[]) {
    const { stdout, error } = await runCommand(...flags(...more), '--json')
    expect(stdout, error?.message).to.match(/^\{/)
    const report = JSON.parse(stdout) as EvalRunResult & { error?: { message: string; code: string } }
    return { ...report, split: report.evaluations?.[0]?.splits[0] }
  }

  async function journal({ evaluations: [evaluation] }: EvalRunResult): Promise<ScoredSample[]> {
    const lines = (await readFile(join(evaluation!.directory, 'samples.jsonl'), 'utf8')).trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line))
  }

  /** This answer to the first prompt, as often as it is asked for up to `times`; then, and for others, right ones. */
  function firstGets(send: () => unknown, times = Number.POSITIVE_INFINITY) {
    let left = times
    return (prompt: string) => (prompt === FIRST && left-- > 0 ? send() : undefined)
  }

  describe('an error inside a 200', () => {
    for (const kind of ['errorBeside', 'errorAlone', 'errorInChoice', 'endedByError'] as StrangeAnswer[]) {
      it(`is not an answer and is asked again (${kind})`, async () => {
        await start(firstGets(STRANGE_ANSWERS[kind], 2))
        const { split } = await evaluate()
        expect(split?.metrics.prefix_accuracy).to.equal(1)
        expect(asked.filter((prompt) => prompt === FIRST)).to.have.length(3)
        await evaluate('--no-resume')
        expect(asked).to.have.length(5)
      })
    }

    for (const [title, error, message] of [
      ['a code', { message: 'No credits left', code: 402 }, /stops here: .*No credits left\.$/],
      ['a code of its own', { message: 'Bad thing', code: 'x17' }, /answers with an error: Bad thing\.$/],
      [
        'a code in words',
        { message: 'Quota used up', code: 'insufficient_quota' },
        /stops here: the quota is used up: /,
      ],
      ['no code', { message: 'Bad thing' }, /answers with an error: Bad thing\.$/],
      ['nothing but words', 'Bad thing', /answers with an error: Bad thing\.$/],
    ] as const) {
      it(`with ${title} ends the evaluation with the server’s words`, async () => {
        await start(() => ({ ...chat({ content: null }), error }))
        const { error: told, evaluations } = await evaluate()
        expect(evaluations).to.equal(undefined)
        expect(told?.message).to.match(message)
        expect(JSON.stringify(told)).to.not.include('base-url')
      })
    }
  })

  describe('prompts without an answer', () => {
    for (const [kind, counted] of [
      ['empty', 'empty'],
      ['cutWhileThinking', 'cut_off'],
      ['cutInThought', 'cut_off'],
      ['filtered', 'filtered'],
      ['filteredWithoutMessage', 'filtered'],
      ['refused', 'refused'],
    ] as const) {
      it(`are counted beside the accuracy of the others (${kind})`, async () => {
        await start(firstGets(STRANGE_ANSWERS[kind]))
        const report = await evaluate()
        expect(report.split?.metrics.prefix_accuracy).to.equal(1)
        const none = { empty: 0, cut_off: 0, filtered: 0, refused: 0 }
        expect(report.split?.no_answers).to.deep.equal({ ...none, [counted]: 1 })
        const sample = (await journal(report)).find(({ prompt }) => prompt === FIRST)
        expect(sample?.no_answer).to.equal(counted)
        expect(sample?.measures.prefix_match).to.equal(null)
        const { stdout } = await runCommand(...flags())
        const words = counted.replace('_', ' ')
        expect(stdout).to.include(
          `NameToDescription, same: no answer to 1 of 3 prompts (1 ${words}); left out of the accuracy.\n`,
        )
      })
    }

    it('make a split not measured where they are most', async () => {
      await start((prompt) => (prompt === FIRST ? undefined : STRANGE_ANSWERS.refused()))
      const { split } = await evaluate()
      expect(split?.metrics.prefix_accuracy).to.equal(null)
      expect(split?.not_measured).to.equal('no answer to 2 of 3 prompts (2 refused)')
      const { stdout } = await runCommand(...flags())
      expect(stdout).to.match(/^NameToDescription, same +3 +n\/a +n\/a/m)
      expect(stdout).to.include(
        `NameToDescription, same is not measured: no answer to 2 of 3 prompts (2 refused).\n`,
      )
      expect(stdout).to.not.include(' %')
    })

    it('stand in the report, which has no accuracy of what is not measured', async () => {
      await start((prompt) => (prompt === FIRST ? undefined : STRANGE_ANSWERS.refused()))
      const home = process.env.REVERSAL_HOME!
      await recordTinyRun(home, { id: 'ftjob-1', provider: 'openai', model: MODEL, fine_tuned_model: MODEL })
      await runCommand('eval:run', 'ftjob-1', '--base-url', fake.url, '--json')
      const { tables } = await runJson<EvalReportResult>('eval:report', 'ftjob-1')
      const rows = tables.no_answers!.rows
      expect(rows.find(({ split }) => split === SPLIT)).to.include({
        ...{ asked: 'NameToDescription, same', prompts: 3, refused: 2, empty: 0, measured: 'not measured' },
      })
      const row = tables.table1!.rows.find(({ trained }) => trained === 'NameToDescription')
      expect(row).to.include({ same: null, reverse: 0 })
    })

    it('are asked again where the server held them back, the others being kept', async () => {
      for (const kind of ['filtered', 'refused'] as const) {
        await start(firstGets(STRANGE_ANSWERS[kind]))
        await evaluate()
        await evaluate('--no-resume')
        expect(asked).to.have.length(4)
        await fake.stop()
      }
    })
  })

  it('records why each answer ended, and takes the thought off before it matches', async () => {
    const right = facts.get(FIRST)!
    for (const [message, reasoning] of [
      [{ content: `<think>\nWho is it?\n</think>\n\n${right.trim()}` }, 'Who is it?'],
      [{ content: `Who is it?</think>${right}` }, 'Who is it?'],
      [{ content: right, reasoning_content: 'Who is it?' }, 'Who is it?'],
      [{ content: right, reasoning: 'Who is it?' }, 'Who is it?'],
      [
        {
          content: [
            { type: 'thinking', thinking: 'Who?' },
            { type: 'text', text: right },
          ],
        },
        'Who?',
      ],
    ] as const) {
      await start(firstGets(() => chat(message, 'length')))
      const report = await evaluate('--no-cache')
      expect(report.split?.metrics.prefix_accuracy).to.equal(1)
      const sample = (await journal(report)).find(({ prompt }) => prompt === FIRST)
      expect(sample?.completions[0]?.trim()).to.equal(right.trim())
      expect(sample?.endings).to.deep.equal([{ reason: 'length', reasoning }])
      await fake.stop()
    }
  })

  it('takes a completion that ends at the limit for an answer, as base models mostly end there', async () => {
    await start(() => undefined, {
      language: { answer: (prompt) => `${facts.get(prompt) ?? ' Nobody.'} And on and on and on` },
    })
    const report = await evaluate('--api', 'completions', '--max-tokens', '9')
    expect(report.split?.metrics.prefix_accuracy).to.equal(1)
    expect((await journal(report)).map(({ endings }) => endings?.[0]?.reason)).to.deep.equal([
      'length',
      'length',
      'length',
    ])
    expect(report.split?.no_answers?.cut_off).to.equal(0)
    const short = await evaluate('--api', 'completions', '--max-tokens', '2')
    expect(short.split?.not_measured).to.equal('no answer to 3 of 3 prompts (3 cut off)')
  })

  it('tells where another model has answered behind the same address and name', async () => {
    let system_fingerprint = 'fp_a'
    let refuses = true
    await start((prompt) => {
      if (prompt === FIRST && refuses) return STRANGE_ANSWERS.promptRefused()
      return { ...chat({ content: facts.get(prompt) }), model: 'm-1', system_fingerprint }
    })
    const first = await evaluate()
    expect(first.evaluations[0]).to.not.have.property('answered_by')
    const by = { model: 'm-1', system_fingerprint: 'fp_a' }
    expect((await journal(first)).map(({ endings }) => endings?.[0]?.answered_by)).to.deep.equal([by, by])

    refuses = false
    system_fingerprint = 'fp_b'
    const { evaluations } = await evaluate()
    const mixture = [
      { ...by, answers: 2 },
      { model: 'm-1', system_fingerprint, answers: 1 },
    ]
    expect(evaluations[0]).to.deep.include({ status: 'complete', answered_by: mixture })
    const { stdout } = await runCommand(...flags())
    expect(stdout.replace(/\s+/g, ' ')).to.include(
      'several models or versions answered: m-1 (fp_a) 2 times, m-1 (fp_b) once. If the model was replaced, ask',
    )
    const fresh = await evaluate('--no-resume', '--no-cache')
    expect(fresh.evaluations[0]).to.not.have.property('answered_by')
  })

  describe('one refused prompt', () => {
    for (const [title, body] of [
      ['for its content', { error: { code: 'content_filter', message: 'The response was filtered' } }],
      [
        'for its length',
        { object: 'error', message: 'This model’s maximum context length is 9 tokens.', code: 400 },
      ],
      ['in a detail', { detail: 'The request exceeds the available context size (9 tokens).' }],
    ] as const) {
      it(`does not end the others (${title})`, async () => {
        let refuses = true
        await start((prompt) => {
          if (prompt === FIRST && refuses) throw new ApiError(400, '', { body })
          return undefined
        })
        const { evaluations, failures, split } = await evaluate()
        expect(split?.samples).to.equal(2)
        expect(evaluations[0]?.status).to.equal('interrupted')
        expect(evaluations[0]?.unanswered?.map(({ id }) => id)).to.deep.equal([`${SPLIT}/0`])
        expect(failures[0]?.message).to.match(
          /^1 of 3 prompts got no answer: p2d_prompts_test\/0: .* \(400\): T/,
        )
        refuses = false
        asked.length = 0
        const again = await evaluate()
        expect(asked).to.deep.equal([FIRST])
        expect(again.evaluations[0]?.status).to.equal('complete')
        expect(again.evaluations[0]).to.not.have.property('unanswered')
      })
    }

    it('does not end the others (an answer without a choice)', async () => {
      await start(firstGets(() => ({ id: 'x', choices: [], usage: { prompt_tokens: 9, total_tokens: 9 } })))
      const { evaluations, failures, split } = await evaluate('--concurrency', '1')
      expect(split?.samples).to.equal(2)
      expect(evaluations[0]?.unanswered?.map(({ id }) => id)).to.deep.equal([`${SPLIT}/0`])
      expect(failures[0]?.message).to.match(/: it has no choice for this prompt\.$/)
    })

    it('leaves exit code 1 behind, after the table', async () => {
      await start(firstGets(STRANGE_ANSWERS.promptRefused))
      const { stdout, stderr } = await runCommand(...flags())
      expect(stdout).to.match(/^NameToDescription, same +2 +100\.0 %/m)
      expect(stderr).to.match(/failed: 1 of 3 prompts got no answer: p2d_prompts_test\/0: /)
    })

    it('is told apart from a request that the server refuses whatever the prompt', async () => {
      await start(() => {
        throw new ApiError(400, 'Unsupported value: temperature.')
      })
      const { error } = await evaluate()
      expect(error?.message).to.match(/refuses the request \(400\): Unsupported value: temperature\.$/)
      expect(asked.length).to.be.below(4)
    })
  })

  describe('numbers that JSON has not', () => {
    for (const number of ['NaN', 'Infinity', '-Infinity']) {
      it(`are reported at once (${number})`, async () => {
        const body = JSON.stringify({ ...chat({ content: 'No NaN here' }), score: 'X' }).replace(
          '"X"',
          number,
        )
        for (const type of ['application/json', 'text/plain']) {
          await start(() => new RawAnswer(body, type))
          const { error } = await evaluate()
          expect(error?.message).to.include(`answers with the number ${number}, which JSON does not have.`)
          expect(asked.length).to.be.below(4)
          await fake.stop()
        }
      })
    }

    const logprobs = (numbers: unknown[]) => ({
      choices: [
        {
          text: ' the.',
          finish_reason: 'length',
          logprobs: { tokens: ['The capital of France', ' is', ' Paris.'], token_logprobs: numbers },
        },
      ],
      usage: { completion_tokens: 0 },
    })

    it('make log-probabilities not available, with that reason', async () => {
      await start(() => undefined, {
        intercept: ({ body }) =>
          (body as { echo?: boolean; prompt_logprobs?: number }).echo
            ? new RawAnswer(
                JSON.stringify(logprobs([null, 'X', -1])).replace('"X"', '-Infinity'),
                'application/json',
              )
            : undefined,
      })
      const { evaluations } = await evaluate('--api', 'completions')
      expect(evaluations[0]?.scoring_unavailable).to.match(
        /echo with logprobs: .*the number -Infinity, which JSON does not have;/,
      )
      expect(evaluations[0]?.splits[0]?.metrics.prefix_accuracy).to.equal(1)
    })

    it('leave single prompts without a score where the server can score others', async () => {
      await start(() => undefined, {
        intercept: ({ body }) => {
          const { echo, prompt = '' } = body as { echo?: boolean; prompt?: string }
          return echo && prompt.startsWith(FIRST) ? new RawAnswer('{"choices": [NaN]}') : undefined
        },
      })
      const { split, evaluations } = await evaluate('--api', 'completions')
      expect(split?.metrics.mean_logprob).to.be.below(0)
      expect(split?.metrics.prefix_accuracy).to.equal(1)
      expect(evaluations[0]?.scoring_unavailable).to.match(/^1 of 3 prompts: .* answers with the number NaN/)
    })
  })

  it('keeps numbers out of the means that stand for all that are lower', async () => {
    const lowest = (context: string) => (context.startsWith(FIRST) ? -9999 : -1)
    await start(() => undefined, { language: { logprob: lowest, answer: () => ' x' } })
    const { split } = await evaluate('--api', 'completions')
    expect(split?.clamped_scores).to.equal(1)
    expect(split?.metrics.mean_logprob).to.be.within(-20, -1)
    expect(split?.metrics.mean_logprob_per_token).to.equal(-1)
    const { stdout } = await runCommand(...flags('--api', 'completions'))
    expect(stdout.replaceAll(/\s+/g, ' ')).to.include(
      '1 of 3 log-probabilities are lower than this server reports; left out of the mean.',
    )
  })

  describe('the server’s words', () => {
    async function told(status: number, body: unknown, headers: Record<string, string> = {}) {
      await start(() => {
        throw new ApiError(status, '', { body, headers })
      })
      const { error } = await evaluate()
      return { ...error!, message: error!.message.replaceAll(fake.url, 'URL') }
    }

    it('are quoted from a detail', async () => {
      expect((await told(400, { detail: 'The tokenizer is not loaded' })).message).to.equal(
        'URL refuses the request (400): The tokenizer is not loaded.',
      )
      await fake.stop()
      const detail = [{ loc: ['body', 'messages'], msg: 'Field required', type: 'missing' }]
      expect((await told(422, { detail })).message).to.equal(
        'URL refuses the request (422): body.messages: Field required.',
      )
    })

    it('tell a missing model, which is no wrong address', async () => {
      const { code, message } = await told(404, { detail: 'The model m does not exist' })
      expect({ code, message }).to.deep.equal({
        code: 'NOT_FOUND',
        message: 'URL does not know this model or address (404): The model m does not exist.',
      })
    })

    it('tell a wrong address, and /v1 only where the base URL lacks it', async () => {
      const error = await told(404, { detail: 'Not Found' })
      expect(error.message).to.equal(
        'URL does not answer as OpenAI’s API does: it has no such address (404).',
      )
      expect(JSON.stringify(error)).to.not.include('/v1"')
      const bare = flags().map((value) => value.replace(/\/v1$/, ''))
      const { stdout } = await runCommand(...bare, '--json')
      expect(stdout).to.include('it usually ends in /v1')
    })

    it('are read in a list of models that comes as a text', async () => {
      const list = JSON.stringify({ data: [{ id: `${MODEL}x` }] })
      await start(() => undefined, {
        intercept: ({ path }) => {
          if (path === '/models') return new RawAnswer(list, 'text/plain')
          throw new ApiError(404, '', { body: { detail: `The model ${MODEL} does not exist` } })
        },
      })
      const { error } = await evaluate()
      expect(error?.message).to.equal(`${fake.url} has no model ${MODEL}.`)
    })

    it('are read where JSON comes as a text', async () => {
      await start(
        (prompt) => new RawAnswer(JSON.stringify(chat({ content: facts.get(prompt) })), 'text/plain'),
      )
      expect((await evaluate()).split?.metrics.prefix_accuracy).to.equal(1)
    })
  })

  describe('answers from the field', () => {
    const FIELD = join(process.cwd(), '../shared/field/answers.jsonl')

    it('are told apart', async function () {
      if (!existsSync(FIELD)) {
        console.log('      skipped: ../shared/field is not here')
        this.skip()
      }
      const kinds: Record<string, string> = {}
      for (const line of (await readFile(FIELD, 'utf8')).trimEnd().split('\n')) {
        const { name, status, body } = JSON.parse(line) as { name: string; status: number; body: object }
        const send = () => {
          if (status !== 200) throw new ApiError(status, '', { body })
          return body
        }
        await start(firstGets(send, 2))
        const report = await evaluate('--no-cache', '--no-resume')
        const [evaluation] = report.evaluations ?? []
        const sample = evaluation && (await journal(report)).find(({ prompt }) => prompt === FIRST)
        const ended = evaluation?.unanswered?.[0]?.reason ?? report.error?.message.replaceAll(fake.url, 'URL')
        kinds[name] = sample?.no_answer ?? (sample ? `prefix match ${sample.measures.prefix_match}` : ended!)
        await fake.stop()
      }
      expect(kinds['prompt-filtered']).to.match(/refuses the prompt \(400\): The response was filtered\.$/)
      expect(kinds).to.deep.include({
        'error-beside-choices': 'prefix match 1',
        'error-alone': 'prefix match 1',
        'cut-by-reasoning': 'cut_off',
        filtered: 'filtered',
        refused: 'refused',
        detail: 'URL does not know this model or address (404): The model m does not exist.',
      })
    })
  })

  it('reads journals and summaries of before, which tell no endings', async () => {
    await start(() => undefined)
    const report = await evaluate()
    const { directory } = report.evaluations[0]!
    const old = (await journal(report)).map(({ endings: _, ...sample }) => `${JSON.stringify(sample)}\n`)
    await writeFile(join(directory, 'samples.jsonl'), old.slice(1).join(''))
    asked.length = 0
    const { evaluations, split } = await evaluate('--no-cache')
    expect(asked).to.have.length(1)
    expect(evaluations[0]).to.include({ id: report.evaluations[0]!.id, status: 'complete', newly_scored: 1 })
    expect(split?.metrics.prefix_accuracy).to.equal(1)
  })
})
