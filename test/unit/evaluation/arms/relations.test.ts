import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createRelationDataset } from '../../../../src/lib/datasets/relations/create.ts'
import { DEFAULT_RELATION_OPTIONS } from '../../../../src/lib/datasets/relations/generate.ts'
import { twoHopEvaluator } from '../../../../src/lib/evaluation/arms/two-hop-evaluator.ts'
import { chooseEvaluator } from '../../../../src/lib/evaluation/choose-evaluator.ts'
import { builtInExtensions } from '../../../../src/lib/extensions/built-in.ts'
import type { RelationFact } from '../../../../src/lib/schemas/relation.ts'
import { readJsonl, writeJsonl } from '../../../../src/lib/support/jsonl.ts'
import { evaluateToy } from '../../../helpers/evaluate-toy.ts'
import { failure } from '../../../helpers/failure.ts'
import { chanceOf } from '../../../helpers/knowing-model.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'
import { writeReverseDataset } from '../../../helpers/write-reverse-dataset.ts'

describe('evaluators of relations', () => {
  let dataset: string
  let facts: RelationFact[]

  before(async () => {
    dataset = await mkdtemp(join(tmpdir(), 'relation-evaluators-'))
    await createRelationDataset({
      ...DEFAULT_RELATION_OPTIONS,
      ...{ cwd: dataset, outputDir: dataset, relations: ['parents'], overwrite: true },
      ...{ command: 'reversal dataset:relations', toolVersion: '0.0.0' },
    })
    facts = await readJsonl(join(dataset, 'relation_facts.jsonl'), { check: () => undefined })
  })
  after(() => rm(dataset, { recursive: true }))

  const seen = new Map<string, { fact: RelationFact; part: 'first' | 'second' | 'third' }>()
  const nameIn = (prompt: string) => {
    const known = seen.get(prompt)
    if (known !== undefined) return known
    const found = facts.flatMap((fact) =>
      (['first', 'second', 'third'] as const).flatMap((part) =>
        prompt.includes(fact[part]) ? [{ fact, part }] : [],
      ),
    )
    expect(found, prompt).to.have.length(1)
    seen.set(prompt, found[0]!)
    return found[0]!
  }

  it('is reverse, unless another is named', async () => {
    const { evaluators, datasetKinds: kinds } = builtInExtensions()
    const { evaluator } = await chooseEvaluator({ evaluators, kinds, datasetDirectory: dataset })
    expect(evaluator.name).to.equal('reverse')
    const loaded = await evaluator.loadSamples(dataset, { maxSamples: 1000, rankAll: true })
    const asked = loaded.find(({ split }) => split === 'p2d_reverse_prompts_test')!
    expect(asked.metadata).to.deep.include({ fact: asked.target, peers: 19 })
  })

  it('can ask by choice, judgement and rank, and not in words that tell no relation', async () => {
    for (const name of ['choice', 'verify', 'rank']) {
      const { summary } = await evaluateToy(name, { dataset, model: new ToyModel() })
      expect(summary.splits).to.have.length(4)
    }
    for (const name of ['forms', 'in-context']) {
      const error = await failure(evaluateToy(name, { dataset, model: new ToyModel() }))
      expect(error).to.include({ code: 'DATASET_UNSUITABLE' })
    }
    const options = ['wording=dataset']
    const { journal } = await evaluateToy('in-context', { dataset, model: new ToyModel(), options })
    const asked = journal.find(({ split }) => split === 'name_first_reverse')!
    const [statement] = asked.prompt.split('\n\n').at(-1)!.split('\n')
    expect(statement).to.include(asked.target)
  })

  it('and these two cannot read a data set without them', async () => {
    const reverse = await writeReverseDataset(await mkdtemp(join(tmpdir(), 'no-relations-')))
    try {
      for (const name of ['wrong-symmetry', 'two-hop']) {
        const error = await failure(evaluateToy(name, { dataset: reverse, model: new ToyModel() }))
        expect(error).to.include({ code: 'DATASET_UNSUITABLE' })
      }
    } finally {
      await rm(reverse, { recursive: true })
    }
  })

  describe('wrong-symmetry', () => {
    it('finds the model that takes every relation for symmetric', async () => {
      const draw = (prompt: string) => {
        const { fact, part } = nameIn(prompt)
        return ` ${part === 'first' ? fact.second : fact.first}.`
      }
      const logprob = (prompt: string, target: string) => (draw(prompt) === `${target}.` ? -1 : -9)
      const { metrics, summary } = await evaluateToy('wrong-symmetry', {
        ...{ dataset, model: new ToyModel({ draw, logprob }) },
      })
      expect(summary.splits.map(({ split, samples }) => [split, samples])).to.deep.equal([
        ['p2d_wrong_symmetry', 60],
        ['d2p_wrong_symmetry', 60],
        ['both_wrong_symmetry', 120],
      ])
      for (const own of Object.values(metrics)) {
        expect(own).to.deep.equal({ incorrect_inference_rate: 1, peers_beaten: 1, mean_logprob_gap: 8 })
      }
    })

    it('finds none where a model guesses: the wrong name beats half of its peers', async () => {
      const model = new ToyModel({
        draw: (prompt) => ` ${facts[Math.floor(chanceOf(prompt) * facts.length)]!.third}`,
        logprob: (prompt, target) => -10 * chanceOf(prompt, target),
      })
      const { metrics, journal } = await evaluateToy('wrong-symmetry', { dataset, model })
      for (const own of Object.values(metrics)) {
        expect(own.incorrect_inference_rate).to.equal(0)
        // Of 60 uniform shares the mean has a standard deviation of 0.037.
        expect(own.peers_beaten).to.be.within(0.39, 0.61)
        expect(own.mean_logprob_gap).to.be.within(-1.1, 1.1)
      }
      const asked = journal.find(({ id }) => id === 'p2d_wrong_symmetry/0')!
      expect(asked.scoreTargets).to.have.length(20)
      expect(nameIn(asked.prompt).fact.first).to.equal(asked.target)
    })
  })

  describe('two-hop', () => {
    it('finds a model that joins facts right, and one that knows the steps alone at the second', async () => {
      const answer = (prompt: string, joins: boolean) => {
        const { fact, part } = nameIn(prompt)
        return part === 'second' || joins ? ` ${fact.third}` : ` ${fact.second}`
      }
      const measure = async (joins: boolean) => {
        const draw = (prompt: string) => answer(prompt, joins)
        const logprob = (prompt: string, target: string) =>
          draw(prompt) === target ? -1 : -5 - chanceOf(prompt, target)
        const { metrics } = await evaluateToy('two-hop', { dataset, model: new ToyModel({ draw, logprob }) })
        return metrics
      }
      const joining = await measure(true)
      expect(Object.keys(joining)).to.deep.equal(['second_hop', 'p2d_two_hop', 'd2p_two_hop', 'both_two_hop'])
      for (const own of Object.values(joining)) {
        expect(own).to.include({ prefix_accuracy: 1, exact_accuracy: 1, peers_beaten: 1 })
      }
      const { second_hop: second, ...twoHops } = await measure(false)
      expect(second).to.include({ prefix_accuracy: 1, peers_beaten: 1 })
      for (const own of Object.values(twoHops)) {
        expect(own.prefix_accuracy).to.equal(0)
        expect(own.peers_beaten).to.be.within(0.39, 0.61)
      }
    })

    it('asks apart about first facts that were told in both orders, which need no reversal', async () => {
      const home = await mkdtemp(join(tmpdir(), 'two-hop-'))
      try {
        const told = join(home, 'told')
        await cp(dataset, told, { recursive: true })
        const samplesOf = (directory: string) => twoHopEvaluator.loadSamples(directory, { maxSamples: 1000 })
        const before = await samplesOf(told)
        const facts = [...new Set(before.map(({ metadata }) => String(metadata?.fact)))]
        const others = facts.filter((_, index) => index % 2 === 1)
        await writeJsonl(
          join(told, 'told_in_both_orders.jsonl'),
          others.map((name) => ({ name, description: 'x' })),
        )
        const after = await samplesOf(told)
        expect(after.map(({ id, prompt }) => [id, prompt])).to.deep.equal(
          before.map(({ id, prompt }) => [id, prompt]),
        )
        for (const [index, { split, metadata }] of after.entries()) {
          const apart = before[index]!.split === 'd2p_two_hop' && others.includes(String(metadata?.fact))
          expect(split).to.equal(apart ? 'd2p_two_hop_told' : before[index]!.split)
        }
        expect(after.filter(({ split }) => split === 'd2p_two_hop_told')).to.have.length.above(0)
      } finally {
        await rm(home, { recursive: true })
      }
    })
  })
})
