import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { chooseEvaluator } from '../../../src/lib/evaluation/choose-evaluator.ts'
import type { Evaluator, EvaluatorDescriptor } from '../../../src/lib/evaluation/evaluator.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { apiVersion } from '../../../src/lib/extensions/extensions.ts'
import { failure } from '../../helpers/failure.ts'
import { writeTinyDataset } from '../../helpers/tiny-dataset.ts'

describe('the evaluator that fits a data set', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'choose-evaluator-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  function choose(others: readonly string[] = []) {
    const { evaluators, datasetKinds: kinds } = builtInExtensions()
    for (const name of others) {
      const evaluator: Evaluator = { ...reverseEvaluator, name, accepts: async () => true }
      const entry = { name, summary: 'reads all', apiVersion, open: async () => evaluator }
      evaluators.add(entry as EvaluatorDescriptor, { plugin: 'lab' })
    }
    return chooseEvaluator({ evaluators, kinds, datasetDirectory: directory })
  }

  it('is that of its kind, also where others can read it', async () => {
    await writeTinyDataset(directory)
    expect((await choose(['greedy'])).evaluator.name).to.equal('reverse')
  })

  it('is that of experiment 3 for its data sets', async () => {
    await writeFile(join(directory, 'guidances.jsonl'), '')
    expect((await choose()).evaluator.name).to.equal('qa')
  })

  it('is the only one that can read a data set of no known kind', async () => {
    const { evaluator, plugin } = await choose(['greedy'])
    expect([evaluator.name, plugin]).to.deep.equal(['greedy', 'lab'])
  })

  it('is for the user to say where several can, and is said not to be there where none can', async () => {
    const several = await failure(choose(['greedy', 'eager']))
    expect(several).to.include({ code: 'EVALUATOR_AMBIGUOUS', exit: 2 })
    expect(several).to.have.deep.property('suggestions', ['--evaluator eager', '--evaluator greedy'])
    expect(await failure(choose())).to.include({ code: 'DATASET_UNSUITABLE', exit: 2 })
  })

  it('is not looked for where the data set is gone', async () => {
    const { evaluators, datasetKinds: kinds } = builtInExtensions()
    const gone = chooseEvaluator({ evaluators, kinds, datasetDirectory: join(directory, 'gone') })
    expect(await failure(gone)).to.include({ code: 'DATASET_NOT_FOUND', exit: 2 })
  })
})
