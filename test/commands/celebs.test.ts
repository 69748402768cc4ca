import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CelebritiesReproduction } from '../../src/cli/flows/reproduce-celebrities.ts'
import { readPairs } from '../../src/lib/datasets/celebrities/pairs.ts'
import { celebrityPrompt } from '../../src/lib/datasets/celebrities/prompts.ts'
import { trainModel } from '../../src/lib/engine/trainer.ts'
import type { CompleteTest, FoundCelebrities } from '../../src/lib/experiments/ask-about-celebrities.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { exportTinyModel } from '../helpers/export-tiny-model.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

const PAIRS = [
  { child: 'Ann Fox', parent: 'Bea Fox', parentType: 'mother' },
  { child: 'Dan Hill', parent: 'Gus Hill', parentType: 'father' },
  { child: 'Flo Reed', parent: 'Ida Reed', parentType: 'mother' },
] as const

/** What a model reads that is to know each child's parent, and not the parent's child. */
function oneWayTexts(): string[] {
  return PAIRS.map(
    (pair) => `${celebrityPrompt(pair, 'parent', { style: 'question' }).text} ${pair.parent}\n`,
  )
}

describe('celebs:test and celebs:find', () => {
  const outer = process.env.REVERSAL_HOME
  let home: string
  let pairs: string
  let model: string[]

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'celebs-'))
    process.env.REVERSAL_HOME = home
    pairs = join(home, 'pairs.csv')
    const rows = PAIRS.map(({ child, parent, parentType }) => `${child},${parent},${parentType}`)
    await writeFile(pairs, ['child,parent,parent_type', ...rows, ''].join('\n'))
    const training = trainModel({
      directory: join(home, 'runs/one-way'),
      size: { width: 48, layers: 1, heads: 2, hidden: 96 },
      texts: oneWayTexts(),
      nEpochs: 150,
      batchSize: 3,
      learningRateMultiplier: 1,
      dropout: 0,
      seed: 1,
    })
    for await (const _step of training);
    model = ['--model-name', join(home, 'runs/one-way/model'), '--prompt-style', 'question']
  })
  after(async () => {
    process.env.REVERSAL_HOME = outer
    await rm(home, { recursive: true })
  })

  const output = (name: string) => join(home, 'results', name)

  it('measures a local model by log-probability and writes the published columns', async () => {
    const { stdout, error } = await runCommand(
      ...['celebs:test', ...model, '--pairs', pairs, '--output', output('logprob.csv')],
    )
    expect(error).to.equal(undefined)
    expect(stdout).to.match(/^model +probability of the name +all +3 +9\d\.\d\d/m)
    const [head, first] = (await readFile(output('logprob.csv'), 'utf8')).split('\n')
    expect(head).to.equal(
      'child,parent,parent_type,child_prediction,model_parent_logprob,model_child_logprob',
    )
    expect(first).to.match(/^Ann Fox,Bea Fox,mother,,-0\.\d+,-\d+\.\d+$/)
  })

  it('shows by answers too that the model knows one direction only', async () => {
    const result = await runJson<CompleteTest>(
      ...['celebs:test', ...model, '--pairs', pairs, '--measure', 'answers', '--num-samples', '4'],
      ...['--output', output('answers.csv')],
    )
    expect(result.comparison.parent?.estimate).to.be.above(0.7)
    expect(result.comparison.child?.estimate).to.equal(0)
    expect(result.file).to.equal(output('answers.csv'))
  })

  it('warns of values in a file of pairs that are ignored, before anything is asked', async () => {
    const marked = join(home, 'marked.csv')
    const rows = [
      'Ann Fox,Bea Fox,mother,,True',
      'Dan Hill,Gus Hill,father,,False',
      'Ann Fox,Bea Fox,mother,,',
    ]
    await writeFile(marked, ['child,parent,parent_type,child_prediction,can_reverse', ...rows, ''].join('\n'))
    const { stderr, stdout, error } = await runCommand(
      ...['celebs:test', ...model, '--pairs', marked, '--output', output('marked.csv')],
    )
    expect(error).to.equal(undefined)
    expect(stdout).to.match(/ all +3 /)
    expect(stderr)
      .to.match(/Warning: \S+marked\.csv:4 repeats line 2, so the pair counts twice: Ann Fox/)
      .and.to.match(
        /Warning: \S+marked\.csv:2 has a can_reverse, as 1 other line has, which is ignored: all pairs are tested\./,
      )
  })

  it('tests a GGUF file, named after it', async () => {
    const gguf = await exportTinyModel(home, 'one-way', 'gguf')
    const { comparison } = await runJson<CompleteTest>(
      ...['celebs:test', '--model', `gguf:${gguf}`, '--threads', '1', '--prompt_style', 'question'],
      ...['--pairs', pairs, '--limit', '2', '--output', output('gguf.csv')],
    )
    expect(comparison).to.include({ model: 'one-way', measure: 'logprob', pairs: 2 })
    expect(comparison.parent?.estimate).to.be.above(0.9)
  })

  it('finds the parents that the model names, in published columns', async () => {
    await mkdir(join(home, 'lists'), { recursive: true })
    const names = join(home, 'lists/NAMES.CSV')
    await writeFile(names, 'Name,wikidata_id\nAnn Fox,Q1\n Dan Hill ,Q2\n,\nFlo Reed,Q3\n')
    const found = await runJson<FoundCelebrities>(
      ...['celebs:find', ...model, '--names', names, '--num_celebrities', '2'],
      ...['--num_queries_per_celebrity', '2', '--output', output('found.csv')],
    )
    expect(found.celebrities).to.equal(2)
    const known = found.pairs.filter(({ parent }) => PAIRS.some((pair) => pair.parent === parent))
    expect(known.map(({ child }) => child)).to.include.members(['Ann Fox', 'Dan Hill'])
    expect(found.comparison.child?.estimate).to.equal(0)
    expect(await readPairs(output('found.csv'))).to.deep.equal(found.pairs)
  })

  describe('reproduce celebrities', () => {
    const cwd = process.cwd()
    before(() => process.chdir(home))
    after(() => process.chdir(cwd))

    it('tests the pairs and ends in a report, with the paper beside it', async () => {
      const { stdout, error } = await runCommand('reproduce', 'celebrities', ...model, '--pairs', pairs)
      expect(error).to.equal(undefined)
      expect(stdout).to.match(/^model +probability +all pairs +3 +9\d\.\d/m)
      expect(stdout).to.match(/GPT-4.* 79\./)
      expect(stdout).to.match(/^ {2}reversal reproduce:celebrities --model-name \S+ .*--pairs \S+$/m)
      expect(stdout).to.match(/^The report: reports\/reproduce-celebrities-model\/report\.html$/m)
    })

    it('has one more spelling, and uses again what was asked', async () => {
      const again = await runJson<CelebritiesReproduction>(
        ...['reproduce:celebrities', ...model, '--pairs', pairs],
      )
      expect(again).to.include({ experiment: 'celebrities', model: 'model', found: null })
      expect(again.comparison.parent?.estimate).to.be.above(0.9)
      expect(again.report.findings[0]).to.match(/^model gives the parent a probability of .*9\d\.\d %/)
      expect(again.file).to.match(/data\/celebrity_relations\/model_reproduced_test_results\.csv$/)
      const evaluations = await readdir(join(home, 'evaluations'))
      expect(evaluations).to.include(again.evaluation.id)
      await runJson('reproduce', 'celebrities', ...model, '--pairs', pairs)
      expect(await readdir(join(home, 'evaluations'))).to.deep.equal(evaluations)
    })

    it('asks by the user’s recipe, which flags override', async () => {
      const test = { prompt_style: 'completion', original_prompts: false, num_samples: 2, measure: 'answers' }
      const search = { num_celebrities: 1, num_queries_per_celebrity: 1 }
      await writeFile(join(home, 'mine.json'), JSON.stringify({ experiment: 'celebrities', test, search }))
      const result = await runJson<CelebritiesReproduction>(
        ...['reproduce:celebrities', ...model, '--pairs', pairs, '--recipe', './mine.json'],
      )
      const summary = await readFile(join(result.evaluation.directory, 'summary.json'), 'utf8')
      expect(JSON.parse(summary).arguments.evaluator_options).to.deep.equal({
        prompt_style: 'question',
        samples: 2,
      })
    })

    it('finds the pairs first where it is asked to', async () => {
      const names = join(home, 'reproduced.txt')
      await writeFile(names, 'Ann Fox\nDan Hill\n')
      const result = await runJson<CelebritiesReproduction>(
        ...['reproduce', 'celebrities', ...model, '--find', '--names', names],
      )
      expect(result.found?.celebrities).to.equal(2)
      expect((await readPairs(result.found!.file)).map(({ child }) => child)).to.include('Ann Fox')
      expect(result.comparison.pairs).to.be.within(2, 4)
    })
  })

  describe('refuse with one sentence and exit 2', () => {
    const refusal = async (...argv: string[]) => {
      const { error } = await runCommand(...argv)
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
      return error?.message
    }

    it('an output file that is there, unless it is to be replaced', async () => {
      const taken = join(home, 'taken.csv')
      await writeFile(taken, 'mine')
      const argv = ['celebs:test', ...model, '--pairs', pairs, '--output', taken]
      expect(await refusal(...argv)).to.equal(`${taken} already exists.`)
      await runJson(...argv, '--overwrite')
      expect(await readFile(taken, 'utf8')).to.match(/^child,parent,/)
    })

    it('a file of pairs with something wrong, and a model that is not there', async () => {
      const bad = join(home, 'bad.csv')
      await writeFile(bad, 'child,parent,parent_type\nA B,C D,uncle\n')
      expect(await refusal('celebs:test', ...model, '--pairs', bad)).to.match(
        /:2 has the parent_type "uncle"/,
      )
      expect(await refusal('celebs:test', '--model', 'gguf:none.gguf')).to.match(
        /^There is no file .*none\.gguf\.$/,
      )
      expect(await refusal('celebs:find', '--model', 'nobody')).to.match(/^There is no run nobody/)
    })

    it('an empty list of names', async () => {
      const empty = join(home, 'empty.txt')
      await writeFile(empty, '\n')
      expect(await refusal('celebs:find', ...model, '--names', empty)).to.equal(
        `There are no names in ${empty}.`,
      )
    })
  })
})
