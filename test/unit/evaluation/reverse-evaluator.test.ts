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
      const names = samples.flatMap(({ metadata }) => (metadata?.name === undefined ? [] : [metadata.name]))
      expect(names).to.have.length(300)
      expect(new Set(names)).to.have.length(30)
      expect(names[0]).to.equal('Mason Caldwell')
    })
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
