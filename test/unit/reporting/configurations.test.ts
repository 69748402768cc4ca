import { appendFile, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createReverseDataset } from '../../../src/lib/datasets/reverse/create.ts'
import { readReverseFacts } from '../../../src/lib/datasets/reverse/facts.ts'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { buildReport } from '../../../src/lib/reporting/build-report.ts'
import { collectEvidence } from '../../../src/lib/reporting/evidence/collect-evidence.ts'
import type { Row } from '../../../src/lib/reporting/report.ts'
import type { RunRecord } from '../../../src/lib/schemas/run.ts'
import { sha256File } from '../../../src/lib/support/files.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { createSmallDataset, recordEvaluatedRun } from '../../helpers/record-evaluated-run.ts'

describe('configurations, which are never averaged', () => {
  let home: string
  let dataset: string

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'configurations-'))
    dataset = (await createSmallDataset(home)).directory
  })
  afterEach(() => rm(home, { recursive: true }))

  /** A run as it is recorded today, with the checksum of what it was trained on. */
  async function record(id: string, options: Partial<Parameters<typeof recordEvaluatedRun>[0]> = {}) {
    const directory = options.dataset ?? dataset
    const file = join(directory, 'all.jsonl')
    return recordEvaluatedRun({
      ...{ home, id, dataset: directory },
      ...options,
      changes: {
        dataset: {
          name: 'small',
          directory,
          training_file: file,
          training_sha256: await sha256File(file),
        },
        ...options.changes,
      },
    })
  }

  async function reportOn(...ids: string[]) {
    const store = new RunStore(home)
    const runs = await Promise.all(ids.map((id) => store.get(id)))
    const evidence = await collectEvidence({ store, evaluators: builtInExtensions().evaluators, runs })
    const report = buildReport({
      evidence,
      providers: builtInExtensions().providers,
      name: 'test',
      toolVersion: '0',
      now: new Date(0),
    })
    const tables = report.sections.flatMap((section) => section.tables)
    const rowsOf = (name: string) => tables.find((own) => own.name === name)!.rows
    const table1 = rowsOf('table1').filter(
      ({ source, trained }) => source !== 'paper' && trained === 'DescriptionToName',
    )
    return {
      report,
      rowsOf,
      models: table1.map(({ model }) => model),
      runs: table1.map(({ seeds }) => seeds),
    }
  }

  async function trainedOn(file: string): Promise<Pick<RunRecord, 'dataset'>> {
    const [training_file, training_sha256] = [join(home, file), await sha256File(join(home, file))]
    return { dataset: { name: 'small', directory: dataset, training_file, training_sha256 } }
  }

  it('a baseline and a run with another training file stand in rows of their own, everywhere', async () => {
    await copyFile(join(dataset, 'all.jsonl'), join(home, 'reversed.jsonl'))
    await appendFile(join(home, 'reversed.jsonl'), '{"prompt": "", "completion": "more"}\n')
    await record('ft-base', { rankAll: true })
    await record('ft-other', { rankAll: true, changes: await trainedOn('reversed.jsonl'), unknown: 3 })
    const { models, runs, rowsOf, report } = await reportOn('ft-base', 'ft-other')
    expect(models).to.deep.equal(['ada', 'ada, trained on reversed.jsonl'])
    expect(runs).to.deep.equal([1, 1])
    for (const name of ['table1', 'figure4_reverse', 'ranks', 'templates']) {
      const named = new Set(
        rowsOf(name)
          .filter(({ source }) => source !== 'paper')
          .map(({ model }) => model),
      )
      expect([...named], name).to.deep.equal(models)
    }
    expect(rowsOf('figure4_reverse').filter(({ run }) => run === 'all')).to.deep.equal([])
    const drawn = report.sections
      .flatMap(({ figures }) => figures)
      .find(({ name }) => name === 'histograms')!
      .data.map(({ panel }: Row) => String(panel).split(':')[0])
    expect([...new Set(drawn)]).to.deep.equal(models)
  })

  it('a copy of the training file is the same, as contents decide; a changed one of the same name is not', async () => {
    await copyFile(join(dataset, 'all.jsonl'), join(home, 'copy.jsonl'))
    await record('ft-a')
    await record('ft-b', { changes: await trainedOn('copy.jsonl'), hyperparameters: { seed: 2 } })
    expect((await reportOn('ft-a', 'ft-b')).runs).to.deep.equal([2])
    await appendFile(join(home, 'copy.jsonl'), '{"prompt": "", "completion": "more"}\n')
    await record('ft-c', { changes: await trainedOn('copy.jsonl') })
    await appendFile(join(home, 'copy.jsonl'), '{"prompt": "", "completion": "and more"}\n')
    await record('ft-d', { changes: await trainedOn('copy.jsonl') })
    const { models, runs } = await reportOn('ft-a', 'ft-b', 'ft-c', 'ft-d')
    expect(runs).to.deep.equal([2, 1, 1])
    expect(new Set(models)).to.have.length(3)
    expect(models[1]).to.match(/^ada, trained on copy\.jsonl, training file [0-9a-f]{8}$/)
  })

  it('data sets of equal counts with other facts are two, with other seeds of the same facts one', async () => {
    const { facts } = await readReverseFacts()
    await writeFile(join(home, 'mine.txt'), facts.names.slice(0, 25).join('\n'))
    const other = await createReverseDataset({
      ...{ cwd: home, examplesPerGroup: 6, trainExamples: 5, testExamples: 4, seed: 1 },
      ...{ overwrite: false, command: 'c', toolVersion: '0.0.0', datasetName: 'mine' },
      factFiles: { names: join(home, 'mine.txt') },
    })
    const second = await createSmallDataset(home, 2)
    await record('ft-a')
    await record('ft-b', { dataset: second.directory })
    await record('ft-c', { dataset: other.directory })
    const { models, runs } = await reportOn('ft-a', 'ft-b', 'ft-c')
    expect(models).to.deep.equal(['ada, names of names.txt', 'ada, names of mine.txt'])
    expect(runs).to.deep.equal([2, 1])
  })

  it('are kept apart by what lies on the disk where an old run recorded no checksum', async () => {
    const bare = async (id: string, file: string) =>
      record(id, { changes: { dataset: { name: 'small', directory: dataset, training_file: file } } })
    await writeFile(join(home, 'other.jsonl'), '{"prompt": "", "completion": "x"}\n')
    await bare('ft-a', join(dataset, 'all.jsonl'))
    await bare('ft-b', join(home, 'other.jsonl'))
    await bare('ft-c', join(home, 'gone.jsonl'))
    await bare('ft-folder', home)
    await bare('ft-below', join(home, 'other.jsonl', 'x'))
    const all = await reportOn('ft-a', 'ft-b', 'ft-c', 'ft-folder', 'ft-below')
    expect(all.runs).to.deep.equal([1, 1, 1, 1, 1])
    await record('ft-d')
    expect((await reportOn('ft-a', 'ft-d')).runs).to.deep.equal([2])
  })

  it('are named by their label, or by their suffix', async () => {
    await writeFile(join(home, 'other.jsonl'), '{"prompt": "", "completion": "x"}\n')
    await record('ft-a', { changes: { suffix: 'baseline' } })
    await record('ft-b', {
      changes: { suffix: 'x', label: 'with reversed facts', ...(await trainedOn('other.jsonl')) },
    })
    const { models, report } = await reportOn('ft-a', 'ft-b')
    expect(models[0]).to.equal('ada, baseline')
    expect(models[1]).to.match(/^ada, with reversed facts/)
    expect(report.findings.join(' ')).to.include('ada, baseline').and.to.include('with reversed facts')
  })

  it('of a sweep are told apart in its grid as well', async () => {
    await writeFile(join(home, 'other.jsonl'), '{"prompt": "", "completion": "x"}\n')
    await record('ft-a')
    await record('ft-b', { changes: await trainedOn('other.jsonl'), unknown: 4 })
    await record('ft-c', { hyperparameters: { batch_size: 8 } })
    const { rowsOf } = await reportOn('ft-a', 'ft-b', 'ft-c')
    const own = rowsOf('sweep').filter(({ source }) => source !== 'paper')
    expect(own.map(({ model, batch, runs }) => [model, batch, runs])).to.deep.equal([
      ['ada', 8, 1],
      ['ada', 16, 1],
      ['ada, trained on other.jsonl', 16, 1],
    ])
  })
})
