import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { HeldOutPrompt } from '../../../../src/lib/evaluation/arms/held-out-prompts.ts'
import { readHeldOutPrompts } from '../../../../src/lib/evaluation/arms/held-out-prompts.ts'
import { measureRank } from '../../../../src/lib/evaluation/arms/rank-evaluator.ts'
import { writeJsonl } from '../../../../src/lib/support/jsonl.ts'
import { evaluateToy } from '../../../helpers/evaluate-toy.ts'
import { failure } from '../../../helpers/failure.ts'
import { chanceOf } from '../../../helpers/knowing-model.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'
import { writeReverseDataset } from '../../../helpers/write-reverse-dataset.ts'

describe('the evaluator rank', () => {
  let dataset: string
  let prompts: ReadonlyMap<string, readonly HeldOutPrompt[]>

  before(async () => {
    dataset = await writeReverseDataset(await mkdtemp(join(tmpdir(), 'rank-')))
    prompts = await readHeldOutPrompts(dataset)
  })
  after(() => rm(dataset, { recursive: true }))

  /** Knows the facts in the order of training, and guesses in the other. */
  const cursed = () => {
    const known = new Set(
      ['p2d_same', 'd2p_same'].flatMap((split) =>
        prompts.get(split)!.map(({ prompt, completion }) => JSON.stringify([prompt, completion])),
      ),
    )
    return new ToyModel({
      logprob: (prompt, target) =>
        -10 * chanceOf(prompt, target) + (known.has(JSON.stringify([prompt, target])) ? 20 : 0),
    })
  }

  it('scores the right answer among those of all other facts of its split, and completes nothing', async () => {
    const model = cursed()
    const { journal } = await evaluateToy('rank', { dataset, model })
    expect(model.completed).to.deep.equal([])
    expect(journal).to.have.length(240)
    for (const { split, target, scoreTargets = [], completions } of journal) {
      expect(completions).to.deep.equal([])
      expect(new Set(scoreTargets)).to.have.length(30)
      expect(scoreTargets[0]!.trim()).to.equal(target)
      const own = new Set(prompts.get(split)!.map(({ completion }) => completion))
      expect(scoreTargets.every((text) => own.has(text))).to.equal(true)
    }
  })

  it('finds a model that knows above all peers, and one that guesses among half of them', async () => {
    const { metrics, summary } = await evaluateToy('rank', { dataset, model: cursed() })
    for (const split of ['p2d_same', 'd2p_same']) {
      expect(metrics[split]).to.include({ peers_beaten: 1, first_by_logprob: 1, mean_rank: 1 })
      expect(metrics[split]!.mean_logprob_gap).to.be.within(19, 21)
      expect(metrics[split]!.mean_margin).to.be.above(10)
    }
    for (const split of ['p2d_reverse', 'd2p_reverse']) {
      // Of 60 uniform shares the mean has a standard deviation of 0.037.
      expect(metrics[split]!.peers_beaten).to.be.within(0.5 - 0.11, 0.5 + 0.11)
      expect(metrics[split]!.mean_rank).to.be.within(12.2, 18.8)
      expect(metrics[split]!.first_by_logprob).to.be.below(0.12)
      expect(metrics[split]!.mean_logprob_gap).to.be.within(-1.1, 1.1)
    }
    const gaps = summary.contrasts!.map(({ first, second, low }) => [first, second, low! > 0.3])
    expect(gaps).to.deep.equal([
      ['p2d_same', 'p2d_reverse', true],
      ['d2p_same', 'd2p_reverse', true],
    ])
  })

  it('keeps facts that a transform told in both orders apart, with peers of their own', async () => {
    const told = prompts.get('p2d_reverse')!.slice(0, 6)
    const facts = [...new Set(told.map(({ fact: name }) => name))].map((name) => ({ name, description: 'x' }))
    const path = join(dataset, 'told_in_both_orders.jsonl')
    await writeJsonl(path, facts)
    try {
      const { summary, journal } = await evaluateToy('rank', { dataset, model: cursed() })
      expect(summary.splits.map(({ split, samples }) => [split, samples])).to.deep.equal([
        ['p2d_same', 60],
        ['p2d_reverse', 54],
        ['d2p_same', 60],
        ['d2p_reverse', 60],
        ['p2d_reverse_told', 6],
      ])
      const sizes = journal.map(({ split, scoreTargets }) => `${split} ${scoreTargets?.length}`)
      expect(sizes).to.include.members(['p2d_reverse 27', 'p2d_reverse_told 3', 'p2d_same 30'])
    } finally {
      await rm(path)
    }
  })

  it('draws fewer peers by its seed', async () => {
    const drawn = async (seed: number) => {
      const options = ['peers=3', `seed=${seed}`]
      const { journal } = await evaluateToy('rank', { dataset, model: cursed(), options })
      return journal.map(({ scoreTargets }) => scoreTargets)
    }
    const first = await drawn(1)
    expect(first.every((targets) => targets?.length === 4)).to.equal(true)
    expect(await drawn(1)).to.deep.equal(first)
    expect(await drawn(2)).not.to.deep.equal(first)
  })

  it('is refused by a model that gives no log-probabilities', async () => {
    const model = new ToyModel({ unscorable: 'It has none.' })
    expect(await failure(evaluateToy('rank', { dataset, model }))).to.include({ code: 'SCORES_REQUIRED' })
  })

  it('counts a tie as half, and does not rank what the server does not tell', () => {
    const score = (logprob: number, clamped?: true) => ({ logprob, tokens: 1, ...(clamped && { clamped }) })
    expect(measureRank([-2, -1, -2, -5, -6].map((logprob) => score(logprob)))).to.deep.equal({
      ...{ logprob: -2, peers_beaten: 2.5 / 4, first_by_logprob: 0, rank: 2.5 },
      ...{ logprob_gap: -2 + 14 / 4, margin: -1 },
    })
    expect(measureRank([score(-2, true), score(-1)])).to.include({ logprob: null, peers_beaten: null })
    expect(measureRank([score(-2), score(-3, true)])).to.include({ peers_beaten: 1, logprob_gap: null })
    expect(measureRank([score(-2), score(-1, true)])).to.include({ peers_beaten: null, rank: null })
    expect(measureRank(null)).to.include({ rank: null })
  })
})
