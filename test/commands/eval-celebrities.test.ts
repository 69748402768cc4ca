import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalReportResult } from '../../src/commands/eval/report.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { ParentChildPair } from '../../src/lib/datasets/celebrities/pairs.ts'
import { PAIRS_FILE, writePairs } from '../../src/lib/datasets/celebrities/pairs.ts'
import type { CompleteTest, TestedCelebrities } from '../../src/lib/experiments/ask-about-celebrities.ts'
import type { EvaluationComparison } from '../../src/lib/reporting/compare/compare-evaluations.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { trainTinyRun } from '../helpers/train-tiny-run.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const PAIRS: ParentChildPair[] = [
  {
    ...{ child: 'Ann Fox', parent: 'Bea Fox', parentType: 'mother' },
    ...{ childPrediction: null, canReverse: null },
  },
  {
    ...{ child: 'Dan Hill', parent: 'Eve Hill', parentType: 'mother' },
    ...{ childPrediction: null, canReverse: null },
  },
]

/** Knows every mother and no child. */
const language = {
  answer: (prompt: string) =>
    PAIRS.find(({ child }) => prompt.includes(`Who is ${child}'s mother?`))?.parent ?? "I don't know.",
}

describe('eval:run on celebrities', () => {
  const folder = inOwnFolder('eval-celebrities-', { each: true })
  let fake: FakeOpenAI

  beforeEach(async () => {
    await mkdir(join(folder(), 'families'))
    await writePairs(join(folder(), 'families', PAIRS_FILE), PAIRS)
    process.env.OPENAI_API_KEY = 'sk-test-0123456789'
  })
  afterEach(async () => {
    delete process.env.OPENAI_API_KEY
    await fake?.stop()
  })

  const found = ({ evaluations: [first] }: EvalRunResult) =>
    Object.fromEntries(first?.splits.map(({ split, metrics }) => [split, metrics.found_accuracy]) ?? [])

  it('asks hosted models in their conversation, by single requests and by the Batch API alike', async () => {
    fake = await FakeOpenAI.start({ models: { [MODEL]: null }, language, batches: { looks: 1 } })
    const argv = ['eval:run', '--model-id', MODEL, '--dataset-name', 'families', '--base-url', fake.url]
    const few = ['--evaluator-option', 'samples=2']
    expect(found(await runJson<EvalRunResult>(...argv, ...few))).to.deep.equal({ parent: 1, child: 0 })

    const { stdout } = await runCommand(...argv, '--evaluator-option', 'samples=3', '--batch', '--detach')
    expect(stdout).to.include('celebrities v1 on families: 0 of 4 prompts scored')
    const collected = await runJson<EvalRunResult>('eval:collect', '--follow', '--base-url', fake.url)
    expect(found(collected)).to.deep.equal({ parent: 1, child: 0 })
    expect(collected.evaluations[0]?.arguments.evaluator_options).to.deep.equal({ samples: 3 })
    expect(collected.failures).to.deep.equal([])
  })

  it('asks a model about the pairs that come with the tool where no data set is named', async () => {
    fake = await FakeOpenAI.start({ models: { [MODEL]: null }, language })
    const argv = ['--model-id', MODEL, '--evaluator', 'celebrities', '--base-url', fake.url]
    const few = ['--max-samples', '1', '--evaluator-option', 'samples=1']
    const [evaluation] = (await runJson<EvalRunResult>('eval:run', ...argv, ...few)).evaluations
    expect(evaluation).to.include({ status: 'complete', newly_scored: 2 })
    expect(evaluation?.dataset.name).to.equal('celebrity_relations')
    const { error } = await runCommand('eval:run', '--model-id', MODEL, '--base-url', fake.url)
    expect(error?.message).to.match(/^There is no data set to evaluate/)
  })

  it('is what celebs:test asks, here of a run and by the Batch API', async () => {
    await trainTinyRun(join(folder(), 'home'), { id: 'tiny-1', tags: ['eval'] })
    const pairs = ['--pairs', join('families', PAIRS_FILE)]
    const style = ['--prompt-style', 'completion', '--measure', 'logprob']
    const tested = await runJson<CompleteTest>('celebs:test', '--model', 'tiny-1', ...pairs, ...style)
    expect(tested.evaluation).to.include({ run_id: 'tiny-1' })
    expect(tested.comparison).to.include({ measure: 'logprob', pairs: 2 })
    const options = ['prompt_style=completion', 'measure=logprob'].flatMap((own) => [
      '--evaluator-option',
      own,
    ])
    const argv = ['eval:run', 'tiny-1', '--dataset-name', 'families', ...options]
    const [evaluation] = (await runJson<EvalRunResult>(...argv)).evaluations
    expect(evaluation).to.include({ id: tested.evaluation.id, newly_scored: 0 })

    fake = await FakeOpenAI.start({ models: { [MODEL]: null }, language, batches: { looks: 1 } })
    await copyFile(join('families', PAIRS_FILE), 'mine.csv')
    const hosted = ['celebs:test', '--model', MODEL, '--pairs', 'mine.csv', '--base-url', fake.url, '--yes']
    const sent = await runJson<TestedCelebrities>(...hosted, '--num-samples', '3', '--detach')
    expect(sent).to.include({ file: null, comparison: null })
    const collected = await runJson<EvalRunResult>('eval:collect', '--follow', '--base-url', fake.url)
    expect(collected.evaluations.map(({ id }) => id)).to.deep.equal([sent.evaluation.id])
    const asked = fake.requests.length
    const done = await runJson<CompleteTest>(...hosted, '--num-samples', '3')
    expect(fake.requests.slice(asked).filter(({ path }) => path.endsWith('/completions'))).to.deep.equal([])
    expect(done.comparison.parent?.estimate).to.equal(1)
    expect(done.comparison.child?.estimate).to.equal(0)
    const renamed = await runJson<CompleteTest>(
      ...[...hosted, '--num-samples', '3', '--exact-names', '--overwrite'],
    )
    expect(renamed.evaluation.id).to.not.equal(done.evaluation.id)
    expect(fake.requests.slice(asked).filter(({ path }) => path.endsWith('/completions'))).to.deep.equal([])
  })

  it('has a summary, a comparison of both directions and a report', async () => {
    await trainTinyRun(join(folder(), 'home'), { id: 'tiny-1', tags: ['eval'] })
    const options = ['prompt_style=completion', 'measure=logprob'].flatMap((own) => [
      '--evaluator-option',
      own,
    ])
    const argv = ['eval:run', 'tiny-1', '--dataset-name', 'families', ...options]
    const { stdout, error } = await runCommand(...argv)
    expect(error).to.equal(undefined)
    expect(stdout).to.match(/^split +prompts +probability +logprob$/m)
    expect(stdout).to.match(/^Direction gap in probability, parent minus child: -?\d+\.\d points/m)
    const sides = ['tiny-1/parent', 'tiny-1/child']
    const compared = await runJson<EvaluationComparison>('eval:compare', ...sides)
    expect(compared).to.include({ pairedBy: 'fact' })
    expect(compared.comparisons[0]).to.include({ measure: 'logprob', unit: 'nats', pairs: 2 })
    const report = await runJson<EvalReportResult>('eval:report', 'tiny-1', '--output-dir', 'report')
    expect(report.tables.evaluator_celebrities_measures?.rows).to.have.length(2)
    expect(report.tables.evaluator_celebrities_contrasts?.rows[0]).to.include({ first: 'parent' })
  })
})
