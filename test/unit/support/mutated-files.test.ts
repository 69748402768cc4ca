import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { readReverseFacts } from '../../../src/lib/datasets/reverse/facts.ts'
import { validateDataset } from '../../../src/lib/datasets/validate-dataset.ts'
import { readManifest } from '../../../src/lib/datasets/write-dataset.ts'
import { readModel } from '../../../src/lib/engine/model-files.ts'
import { readSafetensors, writeSafetensors } from '../../../src/lib/engine/safetensors.ts'
import { SampleJournal } from '../../../src/lib/evaluation/journal.ts'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { schemaCheck } from '../../../src/lib/schemas/compile.ts'
import { promptCompletionSchema } from '../../../src/lib/schemas/prompt-completion.ts'
import { ReversalError } from '../../../src/lib/support/errors.ts'
import { readJsonl } from '../../../src/lib/support/jsonl.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { writeTinyDataset } from '../../helpers/tiny-dataset.ts'
import { trainTinyRun } from '../../helpers/train-tiny-run.ts'

/** One change of a file: bytes at `place` (a share of the file) that are cut out, and others put in. */
interface Mutation {
  place: number
  cut: number
  insert: Uint8Array
}

const mutations = fc.array(
  fc.record<Mutation>({
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.oneof(fc.nat(3), fc.nat(400)),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc
        .constantFrom('"', '\n', '{', '}', '\\', '\r\n', '\0', '\ufeff', 'null', '1e999', '[]')
        .map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
)

function mutate(content: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce<Uint8Array>((bytes, { place, cut, insert }) => {
    const at = Math.floor(place * bytes.length)
    return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + cut)])
  }, content)
}

const check = schemaCheck(promptCompletionSchema)
const RECORDS = Array.from({ length: 8 }, (_, index) => ({
  prompt: `Näme ${index} is`,
  completion: ` the ${index}.`,
}))
const JSONL = Buffer.from(RECORDS.map((record) => `${JSON.stringify(record)}\n`).join(''))
const RUN = Buffer.from(
  JSON.stringify({
    ...{
      id: 'ft-a',
      provider: 'local',
      model: 'ada',
      status: 'succeeded',
      tags: ['eval'],
      tool_version: '1',
    },
    dataset: { name: 'd', training_file: '/d' },
    hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1 },
    created_at: '2026-11-24T09:30:00.000Z',
  }),
)
const SAMPLES = Buffer.from(
  ['a', 'b', 'c']
    .map((id) => ({
      id,
      split: 's',
      prompt: 'p',
      target: 't',
      completions: ['t'],
      scores: null,
      measures: { m: 1 },
    }))
    .map((sample) => `${JSON.stringify(sample)}\n`)
    .join(''),
)
const MANIFEST = Buffer.from(
  JSON.stringify({
    ...{ kind: 'reverse', name: 'n', command: 'c', seed: 1, options: {}, tool_version: '1' },
    files: { 'a.jsonl': { lines: 1, sha256: 'a'.repeat(64) } },
    created_at: '2026-11-24T09:30:00.000Z',
  }),
)

describe('a file that was mutated at random', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mutated-'))
    await writeSafetensors(
      join(folder, 'whole.safetensors'),
      new Map([['w', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]),
      { step: '1' },
    )
  })
  after(() => rm(folder, { recursive: true }))

  /** Each mutated file is read, or refused with one sentence that names it; nothing else is ever thrown. */
  async function holds(
    content: Uint8Array,
    name: string,
    read: (path: string) => Promise<unknown>,
    {
      runs,
      least = runs / 4,
      verify = () => {},
    }: { runs: number; least?: number; verify?: (result: unknown) => void },
  ) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    let refused = 0
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        await writeFile(path, mutate(content, changes))
        try {
          verify(await read(path))
        } catch (error) {
          refused++
          expect(error).to.be.instanceOf(ReversalError)
          expect((error as Error).message)
            .to.include(folder)
            .and.match(/\.$/)
            .and.not.match(/\n/)
        }
      }),
      { numRuns: runs, seed: 42 },
    )
    expect(refused).to.be.above(least)
  }

  it('is read or refused as JSON Lines, with a line number', () =>
    holds(JSONL, 'records.jsonl', (path) => readJsonl(path, { check, allowEmpty: true }), {
      runs: 500,
      verify: (records) => {
        for (const record of records as unknown[]) expect(check(record)).to.equal(undefined)
      },
    }))

  it('is read or refused as a run', () =>
    holds(RUN, 'runs/ft-a/run.json', () => new RunStore(folder).get('ft-a'), { runs: 200 }))

  it('is read or refused as a journal, whose whole lines stay', () =>
    holds(
      SAMPLES,
      'samples.jsonl',
      async (path) => {
        await using journal = await SampleJournal.open(path)
        return journal.samples
      },
      { runs: 150 },
    ))

  it('is read or refused as a manifest', () =>
    holds(MANIFEST, 'manifest.json', () => readManifest(folder), { runs: 150 }))

  it('is read or refused as weights', async () => {
    const whole = await readFile(join(folder, 'whole.safetensors'))
    await holds(whole, 'model.safetensors', (path) => readSafetensors(path), { runs: 150 })
  })

  it('is read or refused as a model’s configuration', async () => {
    await trainTinyRun(folder, { id: 'tiny' })
    const model = join(folder, 'runs/tiny/model')
    const config = await readFile(join(model, 'config.json'))
    await holds(config, 'runs/tiny/model/config.json', () => readModel(model), { runs: 50 })
  })

  it('is read or refused as facts, which are almost free text', () =>
    holds(Buffer.from('Ada Holm\nBo Ek\nCy Räy\n'), 'names.txt', (names) => readReverseFacts({ names }), {
      runs: 100,
      least: 1,
    }))

  it('is found by the check of a data set', async () => {
    const { datasetKinds: kinds, transforms } = builtInExtensions()
    const directory = join(folder, 'dataset')
    await writeTinyDataset(directory)
    const path = join(directory, 'p2d_prompts_test.jsonl')
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        await writeFile(path, mutate(JSONL, changes))
        const { findings } = await validateDataset({ directory, kinds, transforms })
        expect(findings.length).to.be.above(0)
      }),
      { numRuns: 100, seed: 42 },
    )
  })
})
