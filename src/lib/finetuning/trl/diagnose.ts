import { join } from 'node:path'
import type { EngineDescriptor } from '../../compute/engine.ts'
import { chooseEngine } from '../../compute/engines.ts'
import { findLacks, probePython } from '../../compute/python.ts'
import type { ReadHubSettings } from '../../engine/pretrained/hub/settings.ts'
import { InputError } from '../../support/errors.ts'
import { formatBytes, plural } from '../../support/numbers.ts'
import type { ClusterOptions, Diagnosis } from '../provider.ts'
import { TRAINER_SCRIPTS } from './job-folder.ts'

interface DiagnoseOptions {
  cluster: ClusterOptions
  hub: ReadHubSettings | undefined
  signal: AbortSignal
}

/** Checks what a training needs on this machine or a cluster, and says how to get what is missing. */
export async function diagnoseTrl({ cluster, hub, signal }: DiagnoseOptions): Promise<Diagnosis[]> {
  const engine = chooseEngine(cluster.engine)
  const machines =
    engine.siteOf === undefined
      ? await diagnosePython(cluster, signal)
      : [await diagnoseCluster(engine, cluster, signal)]
  return [...machines, ...(hub === undefined ? [] : [await diagnoseHub(hub)])]
}

/** Checks whether a cluster can be reached, and its hardware. Its Python is checked when a job is submitted. */
async function diagnoseCluster(
  engine: EngineDescriptor,
  cluster: ClusterOptions,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const found = { what: 'cluster', needed: true, remedies: [] }
  try {
    const site = engine.siteOf?.(cluster)
    const { cwd } = cluster
    const environment = await cluster.environment()
    await using opened = await engine.open({ home: cwd, cwd, scripts: TRAINER_SCRIPTS, environment, site })
    const { gpus } = await opened.check(cluster, { signal })
    const place = site === undefined ? engine.name : `${engine.name} at ${site}`
    const has = gpus === 0 ? 'its machines have no GPUs, so training uses their CPUs' : 'it has GPUs'
    return { ...found, ok: true, finding: `The cluster (${place}) answers, and ${has}.` }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { ...found, ok: false, finding: error.message, remedies: error.suggestions }
  }
}

async function diagnosePython(cluster: ClusterOptions, signal: AbortSignal): Promise<Diagnosis[]> {
  const { python = 'python3', cwd, environment } = cluster
  const requirements = join(TRAINER_SCRIPTS, 'requirements.txt')
  try {
    const options = { python, cwd, scripts: TRAINER_SCRIPTS, signal, environment: await environment() }
    const findings = await probePython(options)
    const { executable, packages, gpus = 0, gpu_bytes: bytes } = findings
    const [lack] = findLacks(findings)
    const found = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
    return [
      {
        what: 'Python',
        ok: true,
        needed: true,
        finding: `${executable} is Python ${findings.python}.`,
        remedies: [],
      },
      {
        what: 'packages',
        needed: true,
        ok: lack === undefined,
        finding: lack ?? `${found.join(', ')}.`,
        remedies:
          lack === undefined
            ? []
            : [
                'python3 -m venv ~/trl',
                `~/trl/bin/pip install -r ${requirements}`,
                'export REVERSAL_PYTHON=~/trl/bin/python',
              ],
      },
      ...(lack === undefined ? [describeGpus(gpus, bytes)] : []),
    ]
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { message: finding, suggestions } = error
    const remedies = suggestions.filter((text) => !text.includes('finetune:doctor'))
    return [{ what: 'Python', ok: false, needed: true, finding, remedies }]
  }
}

function describeGpus(gpus: number, bytes: number | null | undefined): Diagnosis {
  if (gpus === 0) {
    const remedies = [
      'for a GPU, install the build of torch that fits it: https://pytorch.org/get-started/locally',
    ]
    return {
      what: 'GPUs',
      ok: false,
      needed: false,
      finding: 'torch sees none, so training uses the CPU.',
      remedies,
    }
  }
  const memory = bytes ? ` with ${formatBytes(bytes)} of memory${gpus > 1 ? ' each' : ''}` : ''
  const finding = `torch sees ${plural(gpus, 'GPU')}${memory}.`
  return { what: 'GPUs', ok: true, needed: false, finding, remedies: [] }
}

async function diagnoseHub(hub: ReadHubSettings): Promise<Diagnosis> {
  const { endpoint, offline, token, cacheDirectory } = await hub()
  const access = token === undefined ? 'without a token, so gated models are refused' : 'with a token'
  return offline
    ? {
        what: 'models',
        ok: true,
        needed: true,
        finding: `HF_HUB_OFFLINE is set: only models in ${cacheDirectory} can be trained.`,
        remedies: [],
      }
    : {
        what: 'models',
        ok: true,
        needed: true,
        finding: `They come from ${endpoint} ${access}.`,
        remedies: [],
      }
}
