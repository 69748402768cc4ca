import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { TransformList } from '../../src/commands/dataset/transform.ts'
import type { DatasetValidation } from '../../src/lib/datasets/validate-dataset.ts'
import type { WrittenDataset } from '../../src/lib/datasets/write-dataset.ts'
import { createInstructions } from '../helpers/create-instructions.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

describe('reversal dataset:transform', () => {
  const folder = inOwnFolder('transform-', { each: true })
  let parent: string

  beforeEach(async () => {
    const counts = ['--num-examples-per-group', '3', '--num-train-examples', '6', '--num-test-examples', '2']
    const { directory } = await runJson<WrittenDataset>(
      'dataset:reverse',
      ...counts,
      '--dataset-name',
      'plain',
    )
    parent = directory
  })

  const lines = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n')
  const transform = (...argv: string[]) => runJson<WrittenDataset>('dataset:transform', ...argv)

  it('writes a data set whose training file is the transform of its parent’s', async () => {
    const argv = ['plain', '--transform', 'subsample,shuffle-examples', '--option', 'share=0.25']
    const { directory, manifest } = await transform(...argv, '--seed', '7', '--dataset-name', 'small')
    const [own, old, kept] = await Promise.all([
      lines(join(directory, 'all.jsonl')),
      lines(join(parent, 'all.jsonl')),
      lines(join(directory, 'all_untransformed.jsonl')),
    ])
    expect(own).to.have.length(Math.round(old.length * 0.25))
    expect(old).to.include.members(own)
    expect(kept).to.deep.equal(old)
    for (const name of Object.keys(manifest.files)) {
      if (name.startsWith('all') && !name.startsWith('all_prompts')) continue
      expect(await readFile(join(directory, name), 'utf8')).to.equal(
        await readFile(join(parent, name), 'utf8'),
      )
    }
    expect(manifest.parent?.name).to.equal('plain')
    expect(manifest.transforms).to.deep.equal([
      { name: 'subsample', plugin: 'reversal', options: { share: 0.25 }, seed: 7 },
      { name: 'shuffle-examples', plugin: 'reversal', options: {}, seed: 8 },
    ])
    expect(manifest.command).to.equal(
      'reversal dataset:transform plain --transform subsample,shuffle-examples --option share=0.25 --seed 7 --dataset-name small',
    )
    const { valid, findings } = await runJson<DatasetValidation>('dataset:validate', directory)
    expect({ valid, findings }).to.deep.equal({ valid: true, findings: [] })
  })

  it('goes on from a transformed data set by adding to its transforms', async () => {
    await transform('plain', '--transform', 'subsample', '--dataset-name', 'half')
    const again = await transform('half', '--transform', 'shuffle-examples', '--dataset-name', 'mixed')
    expect(again.manifest.transforms?.map(({ name }) => name)).to.deep.equal([
      'subsample',
      'shuffle-examples',
    ])
    expect(again.manifest.parent?.name).to.equal('half')
    expect((await runJson<DatasetValidation>('dataset:validate', again.directory)).valid).to.equal(true)
  })

  it('is checked: a training file that the transforms do not make is an error with its line', async () => {
    const { directory } = await transform('plain', '--transform', 'subsample', '--dataset-name', 'half')
    const path = join(directory, 'all.jsonl')
    const [first, second, ...rest] = await lines(path)
    await writeFile(path, `${[second, first, ...rest].join('\n')}\n`)
    const { stdout, error } = await runCommand('dataset:validate', directory)
    expect(error).to.equal(undefined)
    expect(stdout).to.include(
      'error: all.jsonl:1 differs from the result of subsample on all_untransformed.jsonl',
    )
  })

  it('works on instructions, too', async () => {
    const directory = await createInstructions(folder(), 'small')
    const made = await transform(directory, '--transform', 'shuffle-examples', '--dataset-name', 'mixed')
    expect(made.manifest.kind).to.equal('instructions')
    expect((await runJson<DatasetValidation>('dataset:validate', made.directory)).valid).to.equal(true)
  })

  it('lists the transforms with their options', async () => {
    const { transforms } = await runJson<TransformList>('dataset:transform')
    expect(transforms.map(({ name }) => name)).to.deep.equal([
      'entity-tokens',
      'identity-bridge',
      'in-context-inferences',
      'paraphrases',
      'permute-segments',
      'reverse-entities',
      'reverse-segments',
      'reverse-tokens',
      'reverse-words',
      'shuffle-examples',
      'shuffled-names',
      'state-both-orders',
      'subsample',
    ])
    const { stdout } = await runCommand('dataset:transform')
    expect(stdout).to.match(/^subsample +reversal +share=0\.5 /m)
    const { stdout: one } = await runCommand('dataset:transform', '--transform', 'reverse-entities')
    expect(one).to.match(/^mode +add +add the new examples, or replace others with them: add or replace$/m)
    expect(one).to.match(/^entities +– +text file of names/m)
  })

  const arms = [
    ['reverse-tokens'],
    ['reverse-words'],
    ['reverse-entities'],
    ['reverse-segments'],
    ['permute-segments'],
    ['identity-bridge'],
    ['state-both-orders'],
    ['in-context-inferences'],
    ['entity-tokens'],
    ['paraphrases', '--option', 'sentences=1'],
    ['shuffled-names'],
  ]
  it('makes every arm of facts and of instructions, which dataset:validate makes again', async () => {
    const instructions = await createInstructions(folder(), 'small', {
      upsampleGuidancesFactor: 3,
    })
    for (const [name = '', ...options] of arms) {
      for (const source of ['plain', instructions]) {
        const made = await transform(source, '--transform', name, ...options, '--dataset-name', `x-${name}`)
        const before = await readFile(join(made.directory, 'all_untransformed.jsonl'), 'utf8')
        expect(await readFile(join(made.directory, 'all.jsonl'), 'utf8'), name).to.not.equal(before)
        const { findings } = await runJson<DatasetValidation>('dataset:validate', made.directory)
        expect(findings, `${name} of ${source}`).to.deep.equal([])
      }
    }
  })

  it('lists the facts that it tells in both orders, hands the list on, and checks it', async () => {
    const made = await transform(
      'plain',
      '--transform',
      'state-both-orders',
      '--option',
      'share=0.5',
      '--dataset-name',
      'told',
    )
    const path = join(made.directory, 'told_in_both_orders.jsonl')
    expect(await lines(path)).to.have.length(3)
    const mixed = await transform('told', '--transform', 'shuffle-examples', '--dataset-name', 'mixed')
    expect(await readFile(join(mixed.directory, 'told_in_both_orders.jsonl'), 'utf8')).to.equal(
      await readFile(path, 'utf8'),
    )
    await rm(path)
    const { stdout } = await runCommand('dataset:validate', made.directory)
    expect(stdout).to.include(
      'error: told_in_both_orders.jsonl does not list the 3 facts that state-both-orders tells in both orders',
    )
  })

  it('lists no fact of which a later transform left out all that was told', async () => {
    const telling = ['--transform', 'state-both-orders', '--option', 'sentences=1']
    const both = await transform('plain', ...telling, '--dataset-name', 'told-once')
    const told = 'told_in_both_orders.jsonl'
    const all = await lines(join(both.directory, told))
    const few = await transform(
      ...['told-once', '--transform', 'subsample', '--option', 'share=0.5', '--dataset-name', 'told-to-few'],
    )
    const before = new Set(await lines(join(few.directory, 'all_untransformed.jsonl')))
    const added = (await lines(join(few.directory, 'all.jsonl'))).filter((line) => !before.has(line))
    const left = all.filter((line) => added.some((text) => text.includes(JSON.parse(line).name)))
    expect(left.length).to.be.within(1, all.length - 1)
    expect(await lines(join(few.directory, told))).to.deep.equal(left)
    expect((await runJson<DatasetValidation>('dataset:validate', few.directory)).findings).to.deep.equal([])

    const changed = await transform(
      ...['told-to-few', '--transform', 'reverse-words', '--dataset-name', 'changed'],
    )
    expect(await lines(join(changed.directory, told))).to.deep.equal(all)
  })

  it('works on a file of any origin, with names from a file that it keeps', async () => {
    const examples = [
      { prompt: 'Łucja Żak is', completion: ' the singer of tides.' },
      { prompt: '', completion: 'The baker of square bread is Jörg Weiß.' },
    ]
    await writeFile('mine.jsonl', examples.map((one) => `${JSON.stringify(one)}\n`).join(''))
    await writeFile('names.txt', 'Łucja Żak\tthe singer of tides\nJörg Weiß\tthe baker of square bread\n')
    const made = await transform(
      ...['mine.jsonl', '--transform', 'reverse-entities', '--option', 'entities=names.txt'],
      ...['--dataset-name', 'mine'],
    )
    expect(made.directory).to.equal(join(process.cwd(), 'data/plain/mine'))
    expect(made.manifest.kind).to.equal('plain')
    await rm('names.txt')
    const { valid } = await runJson<DatasetValidation>('dataset:validate', made.directory)
    expect(valid).to.equal(true)
    const again = await transform('mine', '--transform', 'shuffle-examples', '--dataset-name', 'mixed')
    expect((await runJson<DatasetValidation>('dataset:validate', again.directory)).valid).to.equal(true)
    const { error } = await runCommand(
      ...['dataset:transform', 'mine.jsonl', '--transform', 'reverse-entities', '--dataset-name', 'none'],
    )
    expect(error?.message).to.include('none are known for this data set: use a file with one name per line')
  })

  const wrong: [argv: string[], message: string][] = [
    [['plain', '--dataset-name', 'x'], 'Missing: --transform NAME.'],
    [['plain', '--transform', 'subsample'], 'Missing: --dataset-name NAME for the new data set.'],
    [['--transform', 'subsample', '--dataset-name', 'x'], 'Missing: a data set to transform'],
    [
      ['plain', '--transform', 'subsampel', '--dataset-name', 'x'],
      'There is no transform subsampel. Did you mean subsample?',
    ],
    [
      ['plain', '--transform', 'subsample', '--option', 'shar=1', '--dataset-name', 'x'],
      'None of the transforms (subsample) has the option shar=1. They take share.',
    ],
    [
      ['plain', '--transform', 'subsample', '--option', 'share=2', '--dataset-name', 'x'],
      'The options of subsample are invalid: "share" must be <= 1.',
    ],
    [['plane', '--transform', 'subsample', '--dataset-name', 'x'], 'There is no data set plane'],
  ]
  for (const [argv, message] of wrong) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const { error } = await runCommand('dataset:transform', ...argv)
      expect(error?.message).to.include(message)
      expect(error?.oclif?.exit).to.equal(2)
    })
  }
})
