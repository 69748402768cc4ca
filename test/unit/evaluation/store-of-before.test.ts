import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { startsWithName } from '../../../src/lib/datasets/celebrities/names.ts'
import { findPairs } from '../../../src/lib/evaluation/celebrities/find-pairs.ts'
import { testPairs } from '../../../src/lib/evaluation/celebrities/test-pairs.ts'
import { openEvaluator } from '../../../src/lib/evaluation/open-evaluator.ts'
import { evaluationId, evaluatorReference, fromArguments } from '../../../src/lib/evaluation/question.ts'
import { runEvaluation } from '../../../src/lib/evaluation/run-evaluation.ts'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { writePairsDataset } from '../../helpers/pairs-dataset.ts'
import { ToyModel } from '../../helpers/toy-model.ts'

/** Written by version 0.1.0, which neither recorded descriptions nor knew options of evaluators. */
const STORE = fileURLToPath(new URL('../../fixtures/store-0.1', import.meta.url))

describe('a store that version 0.1.0 wrote', () => {
  let home: string
  let store: RunStore

  beforeEach(async () => {
    home = join(await mkdtemp(join(tmpdir(), 'store-')), 'home')
    await cp(STORE, home, { recursive: true })
    store = new RunStore(home)
  })
  afterEach(() => rm(join(home, '..'), { recursive: true }))

  /** The same question again, as it is recorded. */
  async function repeat(id: string, model: ToyModel) {
    const [run] = await store.list()
    const summary = (await store.evaluations(run!.id)).find((own) => own.id === id)!
    const opened = await openEvaluator(builtInExtensions().evaluators, evaluatorReference(summary))
    return runEvaluation({
      ...{ model, ...opened, ...fromArguments(summary.arguments), toolVersion: '1.0.0', runId: run!.id },
      datasetDirectory: join(home, 'data', summary.dataset.name!),
      directory: store.evaluationsDirectory(run!.id),
    })
  }

  it('names every evaluation as it is named now', async () => {
    const summaries = await store.evaluations('ft-tiny')
    expect(summaries).to.have.length(4)
    for (const summary of summaries) expect(evaluationId(summary, summary.model)).to.equal(summary.id)
  })

  for (const id of ['reverse-99d6a2edd0ab', 'reverse-f02a68fa8d53', 'qa-5d75b30b2e5d']) {
    it(`gives the complete evaluation ${id} back and asks nothing`, async () => {
      const [model, path] = [new ToyModel({ id: 'local/ada:ft-tiny' }), ['runs/ft-tiny/evaluations', id]]
      const { summary, scored } = await repeat(id, model)
      expect({ id: summary.id, scored, asked: model.completed }).to.deep.equal({ id, scored: 0, asked: [] })
      const written = await readFile(join(STORE, ...path, 'summary.json'), 'utf8')
      expect(await readFile(join(home, ...path, 'summary.json'), 'utf8')).to.equal(written)
    })
  }

  it('continues an interrupted evaluation in the same folder', async () => {
    const model = new ToyModel({ id: 'local/ada:ft-tiny' })
    const { summary, scored } = await repeat('qa-7cd0d989af00', model)
    expect(summary).to.include({ id: 'qa-7cd0d989af00', status: 'complete' })
    expect(summary.created_at).to.equal('2026-11-25T12:00:00.000Z')
    expect(scored).to.equal(1)
    const folders = await readdir(store.evaluationsDirectory('ft-tiny'))
    expect(folders).to.have.length(4)
  })

  it('has the answers to tests of pairs and searches, which are not asked again', async () => {
    const before = await readdir(join(home, 'celebrities'))
    const pairs = [
      {
        ...{ child: 'Ann Fox', parent: 'Bea Fox', parentType: 'mother' as const },
        ...{ childPrediction: null, canReverse: null },
      },
    ]
    const journals = join(home, 'celebrities')
    const shared = { samples: 2, seed: 42, directory: journals }
    const testing = {
      ...{ samples: 2, seed: 42, directory: join(home, 'evaluations'), journals, toolVersion: '1.0.0' },
      dataset: await writePairsDataset(join(home, 'pairs'), pairs),
    }
    const talker = new ToyModel({ id: 'talker', conversational: true, unscorable: 'it is a toy' })
    const { results: answers, evaluation } = await testPairs({
      ...{ ...testing, model: talker, measure: 'answers', prompts: { style: 'original' } },
    })
    expect(evaluation.summary).to.include({ status: 'complete', tool_version: '1.0.0' })
    expect(answers?.pairs[0]?.scores).to.deep.equal({ parent: 0.5, child: 0 })
    const writer = new ToyModel({ id: 'writer' })
    const { results: logprobs } = await testPairs({
      ...{ ...testing, model: writer, measure: 'logprob', prompts: { style: 'completion' } },
    })
    expect(logprobs?.pairs[0]?.scores).to.deep.equal({ parent: -8, child: -8 })
    const found = await findPairs({
      ...{ ...shared, model: talker, celebrities: ['Ann Fox'], style: 'question', queries: 2 },
      matches: startsWithName,
    })
    expect(found.map(({ parent }) => parent)).to.deep.equal(['Bea Fox', 'Bea Fox'])
    expect([...talker.completed, ...writer.completed, ...writer.scored]).to.deep.equal([])
    expect(await readdir(join(home, 'celebrities'))).to.deep.equal(before)
  })
})
