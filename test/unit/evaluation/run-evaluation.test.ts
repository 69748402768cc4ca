import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import fc from 'fast-check'
import { readSummary } from '../../../src/lib/evaluation/evaluation-folder.ts'
import type { Evaluator } from '../../../src/lib/evaluation/evaluator.ts'
import { judgeDirections } from '../../../src/lib/evaluation/learned.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import type { RunEvaluationOptions } from '../../../src/lib/evaluation/run-evaluation.ts'
import { runEvaluation } from '../../../src/lib/evaluation/run-evaluation.ts'
import type { GenerateOptions } from '../../../src/lib/models/language-model.ts'
import { schemaCheck } from '../../../src/lib/schemas/compile.ts'
import type { ScoredSample } from '../../../src/lib/schemas/evaluation.ts'
import { evaluationSummarySchema } from '../../../src/lib/schemas/evaluation.ts'
import { InterruptedError } from '../../../src/lib/support/errors.ts'
import { failure } from '../../helpers/failure.ts'
import { createSmallDataset } from '../../helpers/record-evaluated-run.ts'
import { FORWARD, REVERSE, writeTinyDataset } from '../../helpers/tiny-dataset.ts'
import { ToyModel } from '../../helpers/toy-model.ts'

const SAMPLES = 24
/** Prompts that differ: three forward, three reverse. */
const PROMPTS = 6

/** Knows each name's description and nothing else. */
const answers = new Map(FORWARD.map(([prompt, completion]) => [prompt, `${completion} Yes.`]))

async function messageOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('runEvaluation', () => {
  let folder: string
  let dataset: string
  let options: Omit<RunEvaluationOptions, 'model'>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'run-evaluation-'))
    dataset = join(folder, 'dataset')
    await writeTinyDataset(dataset)
    options = {
      evaluator: reverseEvaluator,
      plugin: 'reversal',
      datasetDirectory: dataset,
      directory: join(folder, 'evaluations'),
      toolVersion: '0.0.0',
      batchSize: 5,
    }
  })
  afterEach(() => rm(folder, { recursive: true }))

  const evaluate = (model = new ToyModel({ answers }), changes: Partial<RunEvaluationOptions> = {}) =>
    runEvaluation({ ...options, ...changes, model })

  async function readJournal(directory: string): Promise<ScoredSample[]> {
    const text = await readFile(join(directory, 'samples.jsonl'), 'utf8')
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  it('scores every prompt and sums up each split', async () => {
    const { summary, directory, scored, total } = await evaluate()
    expect({ scored, total }).to.deep.equal({ scored: SAMPLES, total: SAMPLES })
    expect(schemaCheck(evaluationSummarySchema)(summary)).to.equal(undefined)
    expect(summary).to.deep.include({ model: 'toy', run_id: null, status: 'complete' })
    expect(summary.evaluator).to.deep.equal({ name: 'reverse', version: 2, plugin: 'reversal' })
    expect(summary.arguments).to.deep.equal({
      splits: reverseEvaluator.splits,
      max_samples: 1000,
      max_tokens: 50,
    })
    const accuracies = summary.splits.map(({ split, metrics }) => [split, metrics.prefix_accuracy])
    expect(accuracies).to.deep.equal([
      ['p2d_reverse_prompts_test', 0],
      ['both_prompts_test', 0.5],
      ['p2d_prompts_test', 1],
      ['d2p_prompts_test', 0],
      ['d2p_reverse_prompts_test', 1],
      ['p2d_reverse_prompts_test_randomized', 0],
      ['d2p_reverse_prompts_test_randomized', 1],
    ])
    expect(JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8'))).to.deep.equal(summary)
    expect(await readJournal(directory)).to.have.length(SAMPLES)
    expect((await readdir(directory)).toSorted()).to.deep.equal(['samples.jsonl', 'summary.json'])
  })

  it('journals prompt, answer, scores and measures of a sample', async () => {
    const { directory } = await evaluate()
    const sample = (await readJournal(directory)).find(({ id }) => id === 'both_prompts_test/3')
    expect(sample).to.deep.equal({
      id: 'both_prompts_test/3',
      split: 'both_prompts_test',
      prompt: REVERSE[0]?.[0],
      target: 'Ada Holm',
      scoreTargets: [' Ada Holm'],
      completions: [' nothing'],
      scores: [{ logprob: -9, tokens: 2 }],
      measures: { prefix_match: 0, exact_match: 0, name_match: 0, logprob: -9, logprob_per_token: -4.5 },
      metadata: { fact: 'Ada Holm', template: 1, name: 'Ada Holm' },
    })
  })

  it('completes a prompt once, however many splits share it', async () => {
    const model = new ToyModel({ answers })
    await evaluate(model)
    expect(model.completed).to.have.length(PROMPTS)
    expect(new Set(model.completed)).to.have.length(PROMPTS)
    expect(model.scored).to.have.length(SAMPLES)
  })

  it('returns a complete evaluation without asking, unless it must start afresh', async () => {
    const first = await evaluate()
    const model = new ToyModel({ answers })
    const second = await evaluate(model)
    expect(second).to.deep.equal({ ...first, scored: 0 })
    expect(model.completed).to.deep.equal([])

    const third = await evaluate(model, { fresh: true })
    expect(third).to.include({ scored: SAMPLES, directory: first.directory })
    expect(model.completed).to.have.length(PROMPTS)
    expect(await readJournal(first.directory)).to.have.length(SAMPLES)
  })

  it('scores the answers of an earlier version by the rules of today, and asks nothing', async () => {
    const nfd = [...FORWARD].map(([prompt, completion]) => [prompt, completion.normalize('NFD')] as const)
    const first = await evaluate(new ToyModel({ answers: new Map(nfd) }))
    const journal = await readJournal(first.directory)
    const right = journal.filter(({ measures }) => measures.prefix_match === 1)
    expect(right).to.have.length.above(0)
    // As it was when one name in two forms matched nothing.
    const wrong = journal.map((sample) => ({ ...sample, measures: { ...sample.measures, prefix_match: 0 } }))
    const lines = wrong.map((sample) => `${JSON.stringify(sample)}\n`)
    await writeFile(join(first.directory, 'samples.jsonl'), lines.join(''))
    const splits = first.summary.splits.map((split) => ({
      ...split,
      metrics: { ...split.metrics, prefix_accuracy: 0 },
    }))
    const summary = { ...first.summary, splits }
    await writeFile(join(first.directory, 'summary.json'), JSON.stringify(summary))

    const model = new ToyModel({ answers })
    const second = await evaluate(model)
    expect(second).to.deep.equal({ ...first, scored: 0, rescored: right.length })
    expect(model.completed).to.deep.equal([])
    expect(await readJournal(first.directory)).to.deep.equal(journal)

    // The process that scored the journal anew may have been killed before it wrote the summary.
    await writeFile(join(first.directory, 'summary.json'), JSON.stringify(summary))
    expect(await evaluate(model)).to.deep.equal({ ...first, scored: 0 })
    const stored = await readFile(join(first.directory, 'summary.json'), 'utf8')
    expect(JSON.parse(stored)).to.deep.equal(first.summary)
  })

  it('takes no time where the clock is set back, and stays readable', async () => {
    let time = Date.parse('2026-11-24T09:30:00.000Z')
    const now = () => {
      time -= 60_000
      return new Date(time)
    }
    const { summary, directory } = await evaluate(new ToyModel({ answers }), { now })
    expect(summary.duration_s).to.equal(0)
    expect(await readSummary(join(directory, 'summary.json'))).to.deep.equal(summary)
  })

  it('brings the differences between splits up to date as well', async () => {
    const model = new ToyModel({ answers })
    const first = await evaluate(model)
    expect(first.summary.contrasts).to.have.length.above(0)
    const contrasts = first.summary.contrasts!.map((own) => ({ ...own, estimate: -1 }))
    await writeFile(join(first.directory, 'summary.json'), JSON.stringify({ ...first.summary, contrasts }))
    expect(await evaluate(model)).to.deep.equal({ ...first, scored: 0 })
  })

  it('knows by how many facts to judge what was learned, where the reverse was not asked for', async () => {
    const { directory: datasetDirectory } = await createSmallDataset(folder)
    const splits = ['d2p_prompts_test']
    const { summary } = await evaluate(new ToyModel({ answers }), { datasetDirectory, splits })
    expect(summary.splits[0]).to.include({ split: 'd2p_prompts_test', samples: 24, facts: 6 })
    expect(judgeDirections(summary)[0]).to.include({ facts: 6, learned: false })
    const whole = await evaluate(new ToyModel({ answers }), { datasetDirectory })
    expect(whole.summary.splits.some((own) => 'facts' in own)).to.equal(false)
    expect(judgeDirections(whole.summary)[1]).to.include({ facts: 6 })
  })

  it('counts the last of two answers to one prompt, and keeps no other', async () => {
    const model = new ToyModel({ answers })
    const first = await evaluate(model)
    const journal = await readJournal(first.directory)
    // Of a process that went on writing when another had taken the evaluation over.
    const twice = [...journal.slice(0, 5).map((sample) => ({ ...sample, completions: ['?'] })), ...journal]
    const lines = twice.map((sample) => `${JSON.stringify(sample)}\n`)
    await writeFile(join(first.directory, 'samples.jsonl'), lines.join(''))
    const again = await evaluate(model)
    expect([again.summary, again.scored]).to.deep.equal([first.summary, 0])
    expect(await readJournal(first.directory)).to.have.length(SAMPLES)
  })

  it('asks again what the journal answers for another question, and counts answers to their split of today', async () => {
    const model = new ToyModel({ answers })
    const first = await evaluate(model)
    const journal = await readJournal(first.directory)
    const other = { ...journal[0]!, prompt: 'Another prompt' }
    const targets = { ...journal[1]!, scoreTargets: [' Another name'] }
    const split = { ...journal[2]!, split: 'both_prompts_test', metadata: { template: 99 } }
    const lines = [other, targets, split, ...journal.slice(3)].map((own) => `${JSON.stringify(own)}\n`)
    await writeFile(join(first.directory, 'samples.jsonl'), lines.join(''))
    const again = await evaluate(new ToyModel({ answers }))
    expect(again.scored).to.equal(2)
    expect(again.summary.splits).to.deep.equal(first.summary.splits)
    const byId = (samples: ScoredSample[]) => new Map(samples.map((sample) => [sample.id, sample]))
    expect(byId(await readJournal(first.directory))).to.deep.equal(byId(journal))
  })

  it('is not complete by answers to what it does not ask', async () => {
    const first = await evaluate(new ToyModel({ answers }))
    const [sample] = await readJournal(first.directory)
    const foreign = { ...sample, id: 'another/0' }
    await writeFile(join(first.directory, 'samples.jsonl'), `${JSON.stringify(foreign)}\n`)
    const { summary } = await evaluate(new ToyModel({ answers }), { limit: SAMPLES - 1 })
    expect(summary.status).to.equal('interrupted')
    expect((await evaluate(new ToyModel({ answers }))).summary.splits).to.deep.equal(first.summary.splits)
  })

  it('asks a hosted model again where an earlier version may have taken an error for an empty answer', async () => {
    const hosted = () => Object.assign(new ToyModel({ answers }), { hosted: true })
    const first = await evaluate(hosted())
    const journal = await readJournal(first.directory)
    const { prompt } = journal[0]!
    const lines = journal.map((sample) =>
      JSON.stringify(sample.prompt === prompt ? { ...sample, completions: [''] } : sample),
    )
    await writeFile(join(first.directory, 'samples.jsonl'), `${lines.join('\n')}\n`)
    const model = hosted()
    const second = await evaluate(model)
    expect(model.completed).to.deep.equal([prompt])
    expect(second.summary.splits).to.deep.equal(first.summary.splits)
  })

  it('keeps different questions apart', async () => {
    const d2p = { splits: ['d2p_prompts_test'] }
    const changes: Partial<RunEvaluationOptions>[] = [
      {},
      d2p,
      { ...d2p, maxSamples: 2 },
      { ...d2p, maxTokens: 3 },
      { ...d2p, evaluator: { ...reverseEvaluator, version: reverseEvaluator.version + 1 } },
      { ...d2p, rankAll: true },
    ]
    const ids = []
    for (const change of changes) ids.push((await evaluate(undefined, change)).summary.id)
    ids.push((await evaluate(new ToyModel({ id: 'other' }))).summary.id)
    await appendFile(join(dataset, 'd2p_prompts_test.jsonl'), '{"prompt": "Who?", "completion": " Di Fox"}\n')
    ids.push((await evaluate()).summary.id)
    expect(new Set(ids)).to.have.length(ids.length)
    for (const id of ids) expect(id).to.match(/^reverse-[0-9a-f]{12}$/)
  })

  it('scores all names where it is told to rank, and sums up where the right one stands', async () => {
    const logprob = (_prompt: string, target: string) => (target === ' Bo Ek' ? -1 : -2)
    const { summary } = await evaluate(new ToyModel({ answers, logprob }), { rankAll: true })
    expect(summary.arguments).to.include({ rank_all: true })
    const ranks = Object.fromEntries(
      summary.splits.map(({ split, metrics }) => [split, metrics.mean_reciprocal_rank]),
    )
    const mean = (1 + 1 / 2.5 + 1 / 2.5) / 3
    expect(ranks.d2p_prompts_test).to.be.closeTo(mean, 1e-12)
    expect(ranks.both_prompts_test).to.be.closeTo(mean, 1e-12)
    expect(ranks.p2d_prompts_test).to.equal(undefined)
  })

  it('holds the reversal gap of the directions that it has', async () => {
    const { summary } = await evaluate()
    expect(summary.contrasts).to.deep.include({
      name: 'reversal_gap',
      measure: 'prefix_match',
      first: 'p2d_prompts_test',
      second: 'p2d_reverse_prompts_test',
      facts: 3,
      estimate: 1,
      low: null,
      high: null,
      confidence: 0.95,
    })
    const part = await evaluate(undefined, { splits: ['p2d_prompts_test'] })
    expect(part.summary.contrasts).to.deep.equal([])
  })

  it('scores the first prompts of the chosen splits alone', async () => {
    const { summary } = await evaluate(undefined, {
      splits: ['d2p_prompts_test', 'both_prompts_test'],
      maxSamples: 2,
    })
    const counts = summary.splits.map(({ split, samples }) => [split, samples])
    expect(counts).to.deep.equal([
      ['both_prompts_test', 2],
      ['d2p_prompts_test', 2],
    ])
  })

  it('stops at the limit with a share of each split, and goes on the next time', async () => {
    const part = await evaluate(undefined, { limit: 7 })
    expect(part).to.deep.include({ scored: 7, total: SAMPLES })
    expect(part.summary.status).to.equal('interrupted')
    expect(part.summary.splits.map(({ samples }) => samples)).to.deep.equal([1, 1, 1, 1, 1, 1, 1])
    const rest = await evaluate()
    expect(rest).to.include({ scored: SAMPLES - 7 })
    expect(rest.summary.status).to.equal('complete')
    expect(rest.summary.created_at).to.equal(part.summary.created_at)
  })

  it('counts the time of all its parts', async () => {
    let seconds = 0
    const now = () => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds++))
    const { summary: part } = await evaluate(undefined, { limit: 1, now })
    const { summary } = await evaluate(undefined, { now })
    expect(summary.duration_s).to.be.above(part.duration_s!)
    expect(Date.parse(summary.finished_at!)).to.be.above(Date.parse(part.created_at))
  })

  it('says why there are no log-probabilities where the model cannot score', async () => {
    const { summary } = await evaluate(new ToyModel({ answers, unscorable: 'The server returns none.' }))
    expect(summary.scoring_unavailable).to.equal('The server returns none.')
    const [split] = summary.splits
    expect(split?.metrics).to.include({ prefix_accuracy: 0, mean_logprob: null })
  })

  it('sums up the same to the last digit, in whatever order the answers come', async () => {
    class OtherOrder extends ToyModel {
      override async *score(...args: Parameters<ToyModel['score']>) {
        yield* (await Array.fromAsync(super.score(...args))).toReversed()
      }
    }
    const prompts = FORWARD.map(([prompt]) => prompt)
    // The mean of 1/7, 4/7 and 9/7 ends in another digit when it is taken backwards.
    const logprob = (prompt: string) => -((prompts.indexOf(prompt) + 1) ** 2) / 7
    const options = { batchSize: SAMPLES }
    const { summary } = await evaluate(new ToyModel({ logprob }), options)
    const { summary: other } = await evaluate(new OtherOrder({ logprob, id: 'other' }), options)
    expect(other.splits).to.deep.equal(summary.splits)
  })

  it('reports progress from the start up to the whole', async () => {
    const seen: number[] = []
    await evaluate(undefined, { onProgress: ({ done }) => seen.push(done) })
    expect(seen).to.deep.equal(Array.from({ length: SAMPLES + 1 }, (_, index) => index))
  })

  describe('after an end before its time', () => {
    let whole: { summary: unknown; journal: string[] }

    /** What must be equal however often the evaluation was stopped. */
    async function outcomeOf(result: Awaited<ReturnType<typeof runEvaluation>>) {
      const journal = (await readJournal(result.directory)).map((sample) => JSON.stringify(sample))
      return { summary: result.summary.splits, journal: journal.toSorted() }
    }

    beforeEach(async () => {
      whole = await outcomeOf(await evaluate(undefined, { directory: join(folder, 'undisturbed') }))
    })

    it('by a failing model: keeps what was scored, asks no prompt twice', async () => {
      for (let failAfter = 0; failAfter < SAMPLES + PROMPTS; failAfter++) {
        const directory = join(folder, String(failAfter))
        const first = new ToyModel({ answers, failAfter })
        expect(await messageOf(evaluate(first, { directory }))).to.equal('The toy broke.')
        const second = new ToyModel({ answers })
        const result = await evaluate(second, { directory })
        expect(await outcomeOf(result)).to.deep.equal(whole)
        expect(result.scored + first.scored.length).to.equal(SAMPLES)
        expect(second.scored).to.have.length(result.scored)
      }
    })

    it('by an interruption: marks it so and goes on later', async () => {
      const controller = new AbortController()
      const stopped = evaluate(undefined, {
        signal: controller.signal,
        onProgress: ({ done }) => done === 9 && controller.abort(new InterruptedError()),
      })
      expect(await messageOf(stopped)).to.equal('Interrupted.')
      const [id = ''] = await readdir(options.directory)
      const directory = join(options.directory, id)
      expect(JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')).status).to.equal(
        'interrupted',
      )
      expect(await readJournal(directory)).to.have.length(9)
      const rest = await evaluate()
      expect(rest.scored).to.equal(SAMPLES - 9)
      expect(await outcomeOf(rest)).to.deep.equal(whole)
    })

    it('by another process that has taken over: writes nothing more to a folder that it has lost', async () => {
      const { directory } = await evaluate(undefined, { limit: 3 })
      const lock = join(directory, 'lock')
      const read = () =>
        Promise.all(['samples.jsonl', 'summary.json'].map((name) => readFile(join(directory, name), 'utf8')))
      let before: string[] | undefined
      class LostModel extends ToyModel {
        override async *generate(prompts: readonly string[], options: GenerateOptions) {
          before = await read()
          await writeFile(lock, JSON.stringify({ pid: 1, host: 'elsewhere', key: 'of another' }))
          await once(options.signal!, 'abort')
          // An answer may come all the same.
          const { signal: _signal, ...others } = options
          yield* super.generate(prompts, others)
        }
      }
      const error = await failure(evaluate(new LostModel({ answers })))
      expect(error).to.include({ code: 'LOCK_LOST' })
      expect(await read()).to.deep.equal(before)
      expect(JSON.parse(await readFile(lock, 'utf8')).key).to.equal('of another')
    })

    it('by a machine that went down at any byte of the journal: the whole lines count', async () => {
      const { directory } = await evaluate()
      const path = join(directory, 'samples.jsonl')
      const { length } = await readFile(path)
      await fc.assert(
        fc.asyncProperty(fc.nat(length), async (bytes) => {
          await truncate(path, bytes)
          const lines = (await readFile(path, 'utf8')).split('\n').length - 1
          const result = await evaluate()
          expect(result.scored).to.equal(SAMPLES - lines)
          expect(await outcomeOf(result)).to.deep.equal(whole)
        }),
        { numRuns: 60, seed: 1, examples: [[0], [length - 1], [length]] },
      )
    })

    it('by kill -9 of the process: goes on where it stopped', async () => {
      const script = fileURLToPath(new URL('../../fixtures/evaluation/evaluate-and-die.ts', import.meta.url))
      for (const answersBeforeDeath of [3, 11, 20]) {
        const directory = join(folder, `killed-${answersBeforeDeath}`)
        const { signal } = spawnSync(process.execPath, [
          script,
          dataset,
          directory,
          String(answersBeforeDeath),
        ])
        expect(signal).to.equal('SIGKILL')
        const model = new ToyModel({ answers })
        const result = await evaluate(model, { directory })
        expect(result.scored).to.equal(SAMPLES - answersBeforeDeath)
        expect(model.scored).to.have.length(result.scored)
        expect((await outcomeOf(result)).journal).to.have.length(SAMPLES)
      }
    })
  })

  describe('refuses', () => {
    it('a split that is not there, with the nearest one', async () => {
      expect(await messageOf(evaluate(undefined, { splits: ['d2p_promts_test'] }))).to.equal(
        'The evaluator reverse has no split d2p_promts_test. Did you mean d2p_prompts_test?',
      )
      expect(await messageOf(evaluate(undefined, { splits: ['zzz'] }))).to.match(/no split zzz\. It has p2d_/)
    })

    it('to rank where the evaluator has no candidates', async () => {
      const { canRankAll: _, ...evaluator } = reverseEvaluator
      expect(await messageOf(evaluate(undefined, { evaluator, rankAll: true }))).to.equal(
        'The evaluator reverse has no candidates to rank.',
      )
    })

    it('a directory that the evaluator cannot read', async () => {
      expect(await messageOf(evaluate(undefined, { datasetDirectory: folder }))).to.equal(
        `The evaluator reverse cannot read ${folder}: the data set is of another kind.`,
      )
    })

    it('a directory that is not there, which is not of another kind', async () => {
      const gone = join(folder, 'gone')
      expect(await messageOf(evaluate(undefined, { datasetDirectory: gone }))).to.equal(
        `There is no data set in ${gone}: the folder does not exist.`,
      )
    })

    it('a data set with a file missing', async () => {
      await rm(join(dataset, 'd2p_prompts_test.jsonl'))
      expect(await messageOf(evaluate())).to.equal(
        `There is no file ${join(dataset, 'd2p_prompts_test.jsonl')}.`,
      )
    })

    it('a journal that is damaged in the middle, and does not touch it', async () => {
      const { directory } = await evaluate()
      const path = join(directory, 'samples.jsonl')
      const lines = (await readFile(path, 'utf8')).split('\n')
      const damaged = lines.with(3, '{"id": "x"}').join('\n')
      await writeFile(path, damaged)
      expect(await messageOf(evaluate())).to.match(/samples\.jsonl:4 .*split/)
      expect(await readFile(path, 'utf8')).to.equal(damaged)
    })

    it('a score that is not a number, and journals the answers before it', async () => {
      const model = new ToyModel({ logprob: (prompt) => (prompt === 'Bo Ek is' ? Number.NaN : -1) })
      expect(await messageOf(evaluate(model))).to.match(
        /^The answer to \w+\/1 cannot be recorded: "scores.0.logprob" must be a number/,
      )
      const [id = ''] = await readdir(options.directory)
      expect(await readJournal(join(options.directory, id))).to.not.be.empty
    })

    it('an evaluator that gives one id to two samples', async () => {
      const evaluator: Evaluator = {
        ...reverseEvaluator,
        loadSamples: async (...args) =>
          (await reverseEvaluator.loadSamples(...args)).map((sample) => ({ ...sample, id: 'same' })),
      }
      expect(await messageOf(evaluate(undefined, { evaluator, plugin: 'broken' }))).to.equal(
        'The evaluator reverse of broken gives two samples the same id.',
      )
    })

    it('to score beside another process that does', async () => {
      let inner = ''
      await evaluate(undefined, {
        onProgress: async ({ done }) => {
          if (done === 1) inner = await messageOf(evaluate())
        },
      })
      expect(inner).to.match(new RegExp(`\\b${process.pid}\\b`))
    })
  })
})
