import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { buildReport } from '../../../src/lib/reporting/build-report.ts'
import { collectEvidence } from '../../../src/lib/reporting/evidence/collect-evidence.ts'
import type { Report, Row } from '../../../src/lib/reporting/report.ts'
import { answerPairs, PROBES } from '../../../src/lib/reporting/sections/probes.ts'
import type { PromptCompletion } from '../../../src/lib/schemas/prompt-completion.ts'
import { leastConclusiveAccuracy } from '../../../src/lib/statistics/conclusive-accuracy.ts'
import { readJsonl, writeJsonl } from '../../../src/lib/support/jsonl.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { createSmallDataset, recordEvaluatedRun } from '../../helpers/record-evaluated-run.ts'

describe('a report on facts that a transform told in both orders', () => {
  let home: string
  let report: Report
  let told: string[]
  let dataset: string
  let pairs: number
  const reverse = 'p2d_reverse_prompts_test'

  const read = (split: string) =>
    readJsonl<PromptCompletion>(join(dataset, `${split}.jsonl`), { check: () => undefined })

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'told-facts-'))
    dataset = (await createSmallDataset(home)).directory
    const names = [...new Set((await read(reverse)).map(({ completion }) => completion.trim()))]
    told = names.slice(0, 3)
    await writeJsonl(
      join(dataset, 'told_in_both_orders.jsonl'),
      told.map((name) => ({ name, description: 'x' })),
    )
    await recordEvaluatedRun({ home, id: 'ft-told', dataset, rankAll: true })
    const store = new RunStore(home)
    const { evaluators, providers } = builtInExtensions()
    const evidence = await collectEvidence({ store, evaluators, runs: [await store.get('ft-told')] })
    report = buildReport({
      ...{ providers, evidence, name: 'test', toolVersion: '0.0.0' },
      now: new Date('2026-11-24T12:00:00Z'),
    })
    const scores = evidence.runs[0]!.directions!
    pairs = answerPairs(scores, PROBES[0]!).length
  })
  after(() => rm(home, { recursive: true }))

  it('concludes from no more facts than are asked for in reverse', () => {
    const { tables } = report.sections.find(({ id }) => id === 'table1')!
    const row = tables[0]!.rows.find(
      ({ model, trained }) => model === 'ada' && trained === 'NameToDescription',
    ) as Row
    expect(row).to.include({ facts: 6, reverse_facts: 3, prompts: 24, reverse_prompts: 12 })
    expect(row.least).to.equal(leastConclusiveAccuracy({ facts: 3 }))
    expect(tables[0]!.notes.join(' ')).to.include('12 (ada, NameToDescription)')
  })

  it('compares no answer with that of such a fact', async () => {
    const [right, wrong] = [await read(reverse), await read(`${reverse}_randomized`)]
    const isTold = ({ completion }: PromptCompletion) => told.includes(completion.trim())
    const fair = right.filter(
      (own, index) => !isTold(own) && !isTold(wrong[index]!) && own.completion !== wrong[index]!.completion,
    )
    expect(fair.length).to.be.within(1, 11)
    expect(pairs).to.equal(fair.length)
  })
})
