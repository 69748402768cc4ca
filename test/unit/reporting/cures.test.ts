import { expect } from 'chai'
import type { RunEvidence } from '../../../src/lib/reporting/evidence/evidence.ts'
import type { PromptScore } from '../../../src/lib/reporting/evidence/prompt-scores.ts'
import { renderSvg } from '../../../src/lib/reporting/render-figure.ts'
import type { Row } from '../../../src/lib/reporting/report.ts'
import type { Arm } from '../../../src/lib/reporting/sections/cures.ts'
import { curesSection } from '../../../src/lib/reporting/sections/cures.ts'

const FACTS = 10

describe('the comparison of cures', () => {
  const runs = [
    ...[evidence('base-1', 1, { known: 0 }), evidence('base-2', 2, { known: 0 })],
    ...[evidence('cure-1', 1, { known: 6 }), evidence('cure-2', 2, { known: 4 })],
    ...[evidence('none-1', 1, { known: 0 }), evidence('none-2', 2, { known: 0 })],
    ...[
      evidence('turned-1', 1, { known: 0, turned: [1, 1, 1, 0] }),
      evidence('weak-1', 1, { known: 0, same: 0 }),
    ],
  ]
  const arm = (name: string, own: Partial<Arm> = {}): Arm => ({
    ...{ name, summary: `${name} data`, told: 0, turned: [], runs: [`${name}-1`, `${name}-2`] },
    ...own,
  })
  const section = curesSection(runs, {
    matched: 'tokens',
    arms: [
      arm('base'),
      arm('cure', {
        told: 3,
        paper: { cite: 'A. Author, 2024', arxiv: '2401.00001', finding: 'It helps.' },
        turned: [{ run: 'turned-1', evaluation: 'eval-t' }],
      }),
      arm('none'),
      arm('weak', { runs: ['weak-1'] }),
    ],
  })
  const rows = section.tables[0]!.rows
  const row = (name: string, trained = 'NameToDescription'): Row =>
    rows.find((own) => own.arm === name && own.trained === trained) ?? expect.fail(`no row ${name}`)

  it('has the accuracy of each arm over its seeds', () => {
    expect(row('cure')).to.include({ same: 1, reverse: 0.5, gap: 0.5, rise: 0.5, seeds: 2, tokens: 1000 })
    expect(row('cure').seconds).to.equal(60)
    expect(row('base')).to.include({ reverse: 0, rise: null, p: null })
  })

  it('tests the rise by the signs of the facts that changed, seed by seed, and corrects for all arms', () => {
    // 10 of 20 facts rose and none fell: two of the 2^10 choices of signs are as far from 0. There are six tests.
    expect(row('cure').p).to.be.closeTo(6 * (2 / 2 ** 10), 1e-12)
    expect(row('none').p).to.equal(1)
  })

  it('says what is better, what is not, and of what nothing follows', () => {
    expect(section.findings).to.include(
      'NameToDescription: 1 arm of 3 is better in reverse than “base” (0.0 %), p < 0.05 after Holm’s correction: cure (50.0 %).',
    )
    expect(section.findings?.join(' ')).to.include('nothing follows for weak:')
    expect(row('weak').verdict).to.equal('not learned')
  })

  /** The same run, asked about three facts only. */
  const askedLess = (own: RunEvidence): RunEvidence => ({
    ...own,
    directions: {
      ...own.directions!,
      splits: new Map([...own.directions!.splits].map(([split, scores]) => [split, scores.slice(0, 6)])),
    },
  })

  it('says which arm has too few facts to be better, whatever it knows', () => {
    const known = runs.map((own) => (own.run.id === 'none-1' ? askedLess(own) : own))
    const arms = [arm('base'), arm('cure'), arm('none', { runs: ['none-1'] })]
    const { findings } = curesSection(known, { matched: 'tokens', arms })
    expect(findings).to.include(
      'NameToDescription: too few facts to show that these are better: none (3 facts).',
    )
    expect(section.findings!.join(' ')).not.to.include('too few facts')
  })

  it('says where facts are too few to show anything', () => {
    const few = runs.map(askedLess)
    const arms = [arm('base', { runs: ['base-1'] }), arm('cure', { runs: ['cure-1'] })]
    const [finding] = curesSection(few, { matched: 'tokens', arms }).findings!
    // Three facts and two tests: 2 * 2 / 2^3.
    expect(finding).to.equal(
      'NameToDescription: so few facts cannot show that an arm is better than “base” (0.0 %): p after Holm’s correction is at least 0.50. Use more facts or seeds. The highest in reverse are cure (100.0 %).',
    )
  })

  it('has how often a relation was asserted the wrong way round, and whose paper says what', () => {
    expect(row('cure').turned).to.equal(0.75)
    expect(row('none').turned).to.equal(null)
    expect(section.tables[1]!.rows[1]).to.deep.equal({
      ...{ arm: 'cure', what: 'cure data', finding: 'It helps.' },
      paper: 'A. Author, 2024, arXiv 2401.00001',
    })
    expect(section.text.join(' ')).to.include('“cure” tells 3 facts in both orders')
  })

  it('draws a mark for each arm in each panel', async () => {
    const [figure] = section.figures
    expect(figure!.data).to.have.length(8)
    const svg = await renderSvg(figure!.spec)
    expect(svg).to.include('cure').and.to.include('DescriptionToName')
  })
})

/** A run on ten facts with two prompts each, the first `known` of which it knows in reverse, too. */
function evidence(
  id: string,
  seed: number,
  { known, same = 1, turned }: { known: number; same?: number; turned?: number[] },
): RunEvidence {
  const split = (right: (fact: number) => number): PromptScore[] =>
    Array.from({ length: 2 * FACTS }, (_, index) => ({
      ...{ fact: `fact ${index >> 1}`, template: 1 + (index % 2), target: 'x' },
      ...{ right: right(index >> 1), logprob: -1, logprobPerToken: -1, ranking: null },
    }))
  const isKnown = (fact: number) => Number(fact < known)
  const splits = new Map([
    ['p2d_prompts_test', split(() => same)],
    ['p2d_reverse_prompts_test', split(isKnown)],
    ['d2p_prompts_test', split(() => same)],
    ['d2p_reverse_prompts_test', split(() => 0)],
  ])
  const measured = new Map([
    [
      'p2d_wrong_symmetry',
      new Map([['incorrect_inference', { values: turned ?? [], clusters: ['a', 'b', 'c', 'd'] }]]),
    ],
  ])
  return {
    run: {
      ...{ id, provider: 'local', model: 'ada', status: 'succeeded', tags: [], tool_version: 'test' },
      dataset: { name: 'data', training_file: '/data/all.jsonl' },
      hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1, seed },
      trained_tokens: 1000,
      created_at: '2026-11-24T12:00:00Z',
      started_at: '2026-11-24T12:00:00Z',
      finished_at: '2026-11-24T12:01:00Z',
    },
    group: 'ada',
    manifest: undefined,
    losses: { training: [], validation: [] } as unknown as RunEvidence['losses'],
    seconds: 60,
    evaluations: [],
    ...(turned && { others: [{ summary: { id: 'eval-t' } as never, measured }] }),
    directions: { dataset: `data ${seed}`, splits, templates: new Map(), outdated: 0 },
    orders: undefined,
  }
}
