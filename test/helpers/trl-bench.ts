import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { FIXTURES } from '../unit/engine/pretrained/fixtures.ts'
import { writeFakePython } from './fake-python/fake-python.ts'
import { runCommand, runJson } from './run-command.ts'
import { writeTinyDataset } from './tiny-dataset.ts'

/** A folder with a data set of three texts, a random two-layer Llama, a fake Python and a store of runs. */
export class TrlBench {
  readonly folder: string
  readonly python: string
  readonly store: RunStore

  private constructor(folder: string, python: string) {
    this.folder = folder
    this.python = python
    this.store = new RunStore(join(folder, 'home'))
  }

  static async create(): Promise<TrlBench> {
    const folder = await mkdtemp(join(tmpdir(), 'trl-'))
    await writeTinyDataset(join(folder, 'tiny'))
    await cp(join(FIXTURES, 'llama'), join(folder, 'llama'), { recursive: true })
    return new TrlBench(folder, await writeFakePython(join(folder, 'python')))
  }

  /** A host process is done with its files a moment after its job has ended. */
  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, maxRetries: 20, retryDelay: 50 })
  }
}

/** Runs of one of a cluster's engines, by the commands that users give. */
export function clusterRuns(engine: string, bench: () => TrlBench) {
  const given = () => [
    ...['--provider', 'trl', '--engine', engine, '--model-name', join(bench().folder, 'llama')],
    ...['--dataset-name', join(bench().folder, 'tiny')],
  ]
  /** 30 steps: three texts in batches of one. */
  const sized = (flags: readonly string[]) =>
    flags.includes('--batch-size') ? [...flags] : ['--batch-size', '1', ...flags]
  return {
    given,
    sized,
    steps: Array.from({ length: 30 }, (_, index) => index + 1),
    async start(...flags: string[]) {
      const { runs } = await runJson<FinetuneStartResult>('finetune:start', ...given(), ...sized(flags))
      return runs[0]!
    },
    async watch(id: string) {
      return (await runJson<{ run: RunRecord }>('finetune:watch', id, '--every', '0.1')).run
    },
    async losses(id: string) {
      return (await bench().store.events(id)).filter(({ type }) => type === 'step').map(({ step }) => step)
    },
    /** The message of a start that is refused and leaves no run. */
    async refusal(...flags: string[]) {
      const { error, stderr } = await runCommand('finetune:start', ...given(), ...flags)
      expect(error?.oclif?.exit, stderr).to.equal(2)
      expect(await bench().store.list()).to.deep.equal([])
      return error!.message
    },
  }
}
