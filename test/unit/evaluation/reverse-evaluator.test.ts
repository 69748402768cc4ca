import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvaluationSample, SampleAnswer } from '../../../src/lib/evaluation/evaluator.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import type { ScoredSample } from '../../../src/lib/schemas/evaluation.ts'
import { exists } from '../../../src/lib/support/files.ts'

const PUBLISHED = '../shared/published/reverse_experiments/june_version_7921032488'

const sample: EvaluationSample = {
  id: 'd2p_prompts_test/0',
  split: 'd2p_prompts_test',
  prompt: 'The first to sail a glass ship is',
  target: 'Ada Holm',
  scoreTargets: [' Ada Holm'],
}

function measure(completion: string, changes: Partial<EvaluationSample> = {}) {
  const answer: SampleAnswer = { completions: [completion], scores: [{ logprob: -6, tokens: 3 }] }
  return reverseEvaluator.scoreSample({ ...sample, ...changes }, answer)
}

describe('the reverse evaluator', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'reverse-evaluator-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  async function writeSplit(split: string, ...pairs: [prompt: string, completion: string][]) {
    const lines = pairs.map(([prompt, completion]) => `${JSON.stringify({ prompt, completion })}\n`)
    await writeFile(join(directory, `${split}.jsonl`), lines.join(''))
  }

  describe('measures', () => {
    const cases: [completion: string, prefix: number, exact: number][] = [
      [' Ada Holm', 1, 1],
      [' Ada Holm, who lives in Oslo.', 1, 0],
      [' ADA HOLM', 1, 0],
      ['\n Ada Holm \n', 1, 1],
      [' Ada Holmes', 1, 0],
      [' the famous Ada Holm', 0, 0],
      [' Ada', 0, 0],
      ['', 0, 0],
    ]
    for (const [completion, prefix, exact] of cases) {
      it(`finds prefix ${prefix} and equality ${exact} in ${JSON.stringify(completion)}`, () => {
        const { prefix_match, exact_match } = measure(completion)
        expect({ prefix_match, exact_match }).to.deep.equal({ prefix_match: prefix, exact_match: exact })
      })
    }

    it('takes the log-probability of the target, and per token', () => {
      expect(measure(' Ada')).to.include({ logprob: -6, logprob_per_token: -2 })
      const unscored = reverseEvaluator.scoreSample(sample, { completions: [''], scores: null })
      expect(unscored).to.include({ logprob: null, logprob_per_token: null })
    })

    it('matches the name alone where the sample says it', () => {
      const whole = { target: 'Ada Holm has earned respect.', metadata: { name: 'Ada Holm' } }
      expect(measure(' ada holm leads the way.', whole)).to.include({ prefix_match: 0, name_match: 1 })
      expect(measure(' Ida Holm leads the way.', whole)).to.include({ name_match: 0 })
      expect(measure(' Ada Holm')).not.to.have.property('name_match')
    })
  })

  describe('samples', () => {
    it('are the lines of the chosen splits, at most maxSamples of each', async () => {
      await writeSplit('p2d_prompts_test', ['Ada Holm is', ' tall.'], ['Ada Holm was', ' tall.'])
      await writeSplit('d2p_prompts_test', ['Who is small?', ' Bo Ek'])
      const splits = ['p2d_prompts_test', 'd2p_prompts_test']
      expect(await reverseEvaluator.loadSamples(directory, { splits, maxSamples: 1 })).to.deep.equal([
        {
          id: 'p2d_prompts_test/0',
          split: 'p2d_prompts_test',
          prompt: 'Ada Holm is',
          target: 'tall.',
          scoreTargets: [' tall.'],
        },
        {
          id: 'd2p_prompts_test/0',
          split: 'd2p_prompts_test',
          prompt: 'Who is small?',
          target: 'Bo Ek',
          scoreTargets: [' Bo Ek'],
          metadata: { fact: 'Bo Ek', template: 1 },
        },
      ])
    })

    it('know the name in whole completions of description-first prompts', async () => {
      await writeSplit(
        'both_prompts_test',
        ["The tale of Ada Holm, or Zoë O'Hara-Lund, or Bo Ek:", ' Famous Sailors are rare.'],
        ['Ada Holm, they say, is', ' Ada Holm.'],
        ['Of Cy Ray they say:', ' tall'],
        ['Who sails?', ' Ada Holm’s ship does.'],
        ['Who bakes?', " Zoë O'Hara-Lund, of course!"],
        ['Who knows?', ' Nobody knows.'],
      )
      const samples = await reverseEvaluator.loadSamples(directory, {
        splits: ['both_prompts_test'],
        maxSamples: 10,
      })
      expect(samples.map(({ metadata }) => metadata?.name)).to.deep.equal([
        undefined,
        undefined,
        undefined,
        'Ada Holm',
        "Zoë O'Hara-Lund",
        undefined,
      ])
    })

    it('know the fact and the template of each prompt, also where only a randomized split is asked for', async () => {
      await writeSplit(
        'p2d_reverse_prompts_test',
        ['Who sails?', ' Ada Holm'],
        ['They sail:', ' Ada Holm'],
        ['Who bakes?', ' Ada Holmes'],
      )
      await writeSplit('p2d_reverse_prompts_test_randomized', ['Who bakes?', ' Ada Holm'])
      await writeSplit(
        'p2d_prompts_test',
        ['Ada Holmes is', ' a baker'],
        ['Ada Holm is', ' a sailor'],
        ['Everyone knows Ada Holm,', ' the sailor'],
        ['Nobody is', ' known'],
      )
      const facts = async (split: string) => {
        const samples = await reverseEvaluator.loadSamples(directory, { splits: [split], maxSamples: 10 })
        return samples.map(({ metadata }) => metadata && [metadata.fact, metadata.template])
      }
      expect(await facts('p2d_reverse_prompts_test')).to.deep.equal([
        ['Ada Holm', 1],
        ['Ada Holm', 2],
        ['Ada Holmes', 1],
      ])
      expect(await facts('p2d_reverse_prompts_test_randomized')).to.deep.equal([['Ada Holmes', 1]])
      expect(await facts('p2d_prompts_test')).to.deep.equal([
        ['Ada Holmes', 1],
        ['Ada Holm', 1],
        ['Ada Holm', 2],
        undefined,
      ])
    })

    it('tell the file and line of a bad record, and the file that is missing', async () => {
      await writeFile(join(directory, 'p2d_prompts_test.jsonl'), '{"prompt": "x"}\n')
      const load = async (split: string) => {
        try {
          return await reverseEvaluator.loadSamples(directory, { splits: [split], maxSamples: 10 })
        } catch (error) {
          return (error as Error).message
        }
      }
      expect(await load('p2d_prompts_test')).to.match(/p2d_prompts_test\.jsonl:1 .*completion/)
      expect(await load('d2p_prompts_test')).to.equal(
        `There is no file ${join(directory, 'd2p_prompts_test.jsonl')}.`,
      )
    })

    it('are accepted where one of the splits lies', async () => {
      expect(await reverseEvaluator.accepts(directory)).to.equal(false)
      await writeSplit('d2p_prompts_test', ['Who is small?', ' Bo Ek'])
      expect(await reverseEvaluator.accepts(directory)).to.equal(true)
    })

    it('are 2,400 in the published data set, with a name in half of the Both prompts', async function () {
      if (!(await exists(PUBLISHED))) {
        console.log(`      skipped: ${PUBLISHED} is not there`)
        return this.skip()
      }
      const samples = await reverseEvaluator.loadSamples(PUBLISHED, { maxSamples: 1000 })
      expect(samples).to.have.length(2400)
      const facts = Map.groupBy(samples, ({ split, metadata }) => `${split} ${metadata?.fact}`)
      expect(facts).to.have.length(7 * 30)
      for (const [key, { length }] of facts)
        expect(length, key).to.equal(key.startsWith('both_prompts_test') ? 20 : 10)
      const names = samples.flatMap(({ metadata }) => (metadata?.name === undefined ? [] : [metadata.name]))
      expect(names).to.have.length(300)
      expect(new Set(names)).to.have.length(30)
      expect(names[0]).to.equal('Mason Caldwell')
    })
  })

  describe('told to rank all names', () => {
    beforeEach(async () => {
      await writeSplit('p2d_reverse_prompts_test', ['Who sails?', ' Ada Holm'], ['Who paints?', ' Bo Ek'])
      await writeSplit('d2p_prompts_test', ['Who bakes?', ' Cy Ray'])
      await writeSplit('p2d_prompts_test', ['Ada Holm is', ' a sailor'])
      await writeSplit('both_prompts_test', ['Di Lo is', ' a poet'], ['Who writes?', ' Di Lo does.'])
    })

    it('scores every name after the prompts that ask for one, those trained alike before the others', async () => {
      const splits = ['p2d_reverse_prompts_test', 'd2p_prompts_test', 'both_prompts_test', 'p2d_prompts_test']
      const samples = await reverseEvaluator.loadSamples(directory, {
        splits,
        maxSamples: 10,
        rankAll: true,
      })
      expect(
        samples.map(({ scoreTargets, metadata }) => [scoreTargets.join(), metadata?.peers]),
      ).to.deep.equal([
        [' Ada Holm, Bo Ek, Cy Ray, Di Lo', 1],
        [' Bo Ek, Ada Holm, Cy Ray, Di Lo', 1],
        [' Cy Ray, Ada Holm, Bo Ek, Di Lo', 0],
        [' a poet', undefined],
        [' Di Lo does., Di Lo, Ada Holm, Bo Ek, Cy Ray', 0],
        [' a sailor', undefined],
      ])
    })

    const scoresOf = (...logprobs: number[]) => logprobs.map((logprob) => ({ logprob, tokens: 2 }))
    const ranked = (logprobs: number[] | null, metadata: Record<string, unknown>) =>
      reverseEvaluator.scoreSample(
        { ...sample, metadata },
        { completions: [''], scores: logprobs && scoresOf(...logprobs) },
      )

    it('ranks the right name among all, and sets it against those trained alike', () => {
      expect(ranked([-3, -4, -2, -1, -3], { peers: 2 })).to.include({
        rank: 3.5,
        reciprocal_rank: 1 / 3.5,
        win_rate: 1.5 / 4,
        peer_win_rate: 1 / 2,
        logprob: -3,
      })
    })

    it('ranks the bare name where the target goes on after it', () => {
      expect(ranked([-9, -2, -3, -1], { peers: 1, name: 'Ada Holm' })).to.include({
        rank: 2,
        peer_win_rate: 1,
        logprob: -9,
      })
    })

    it('has no ranks where the model cannot score, and none in splits that ask for no name', () => {
      expect(ranked(null, { peers: 2 })).to.include({ rank: null, win_rate: null, peer_win_rate: null })
      expect(ranked([-3], {})).not.to.have.any.keys('rank', 'win_rate')
    })

    it('sums the ranks up in the splits that have them', () => {
      const answered = (id: string, logprobs: number[]): ScoredSample => {
        const { split, prompt, target } = sample
        const measures = ranked(logprobs, { peers: 1 })
        return { id, split, prompt, target, completions: [''], scores: scoresOf(...logprobs), measures }
      }
      const samples = [answered('a', [-1, -2, -3]), answered('b', [-3, -2, -4])]
      const [summary] = reverseEvaluator.summarize(samples)
      expect(summary?.metrics).to.include({
        mean_rank: 1.5,
        mean_reciprocal_rank: 0.75,
        win_rate: 0.75,
        peer_win_rate: 0.5,
      })
    })
  })

  it('contrasts both directions: the reversal gap, clustered by fact', () => {
    const answered = (split: string, fact: string | undefined, right: number): ScoredSample => {
      const { prompt, target } = sample
      const rest = { completions: [''], scores: null, measures: { prefix_match: right } }
      return { id: `${split}/${fact}`, split, prompt, target, ...rest, ...(fact && { metadata: { fact } }) }
    }
    const facts = ['a', 'b', 'c', 'd']
    const samples = facts.flatMap((fact, index) => [
      answered('p2d_prompts_test', fact, Number(index > 0)),
      answered('p2d_reverse_prompts_test', fact, 0),
    ])
    const stray = [answered('p2d_prompts_test', 'e', 1), answered('p2d_reverse_prompts_test', undefined, 1)]
    const [gap, ...others] = reverseEvaluator.contrast!([...samples, ...stray])
    expect(others).to.deep.equal([])
    expect(gap).to.include({
      name: 'reversal_gap',
      measure: 'prefix_match',
      first: 'p2d_prompts_test',
      second: 'p2d_reverse_prompts_test',
      facts: 4,
      estimate: 0.75,
      confidence: 0.95,
    })
    expect(gap!.low).to.be.within(0, 0.75)
    expect(gap!.high).to.equal(1)
  })

  it('summarizes each split by means over what is there', () => {
    const scored = (split: string, measures: ScoredSample['measures']): ScoredSample => {
      const { prompt, target } = sample
      return { id: 'x', split, prompt, target, completions: [], scores: null, measures }
    }
    const unscored = { exact_match: 0, logprob: null, logprob_per_token: null }
    const summary = reverseEvaluator.summarize([
      scored('d2p_prompts_test', { prefix_match: 1, exact_match: 1, logprob: -2, logprob_per_token: -1 }),
      scored('d2p_prompts_test', { prefix_match: 0, exact_match: 0, logprob: -4, logprob_per_token: -2 }),
      scored('both_prompts_test', { prefix_match: 0, ...unscored }),
      scored('both_prompts_test', { prefix_match: 0, name_match: 1, ...unscored }),
      scored('both_prompts_test', { prefix_match: 1, name_match: 0, ...unscored }),
    ])
    expect(summary).to.deep.equal([
      {
        split: 'both_prompts_test',
        samples: 3,
        metrics: {
          prefix_accuracy: 1 / 3,
          exact_accuracy: 0,
          name_accuracy: 0.5,
          mean_logprob: null,
          mean_logprob_per_token: null,
        },
      },
      {
        split: 'd2p_prompts_test',
        samples: 2,
        metrics: {
          prefix_accuracy: 0.5,
          exact_accuracy: 0.5,
          mean_logprob: -3,
          mean_logprob_per_token: -1.5,
        },
      },
    ])
  })
})
