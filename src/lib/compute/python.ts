import { execFile } from 'node:child_process'
import { isAbsolute, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { hasErrorCode, InputError } from '../support/errors.ts'
import type { Machines } from './engine.ts'

/** The report of `probe.py` about a Python installation. */
export interface PythonFindings {
  /** Version, such as `3.11.7`. */
  python: string
  /** Its program in full. */
  executable: string
  /** Version of each package that a training needs; null for one that is missing. */
  packages: Record<string, string | null>
  gpus?: number
  bf16?: boolean
  gpu_bytes?: number | null
  /** Why torch could not report GPUs. */
  problem?: string
}

export interface ProbeOptions {
  /** Program or path. */
  python: string
  /** A path starts here. */
  cwd: string
  /** Folder of the trainer's scripts. */
  scripts: string
  environment: NodeJS.Dict<string>
  signal?: AbortSignal | undefined
}

/** The first version of TRL whose loss over prompt and completion can be relied on. */
const LEAST_TRL = [1, 16] as const
/** torch takes seconds to load, and longer from a network drive. */
const PATIENCE_MS = 120_000

/** Asks a Python for its packages and GPUs. Throws InputError PYTHON_MISSING and PYTHON_UNUSABLE. */
export async function probePython({
  python,
  cwd,
  scripts,
  environment,
  signal,
}: ProbeOptions): Promise<PythonFindings> {
  const program = /[/\\]/.test(python) && !isAbsolute(python) ? resolve(cwd, python) : python
  try {
    const { stdout } = await promisify(execFile)(program, [join(scripts, 'probe.py')], {
      ...{ cwd, signal, timeout: PATIENCE_MS, windowsHide: true },
      env: environment,
    })
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as PythonFindings
  } catch (error) {
    signal?.throwIfAborted()
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'EACCES')) {
      throw new InputError(`${python} cannot be run as Python.`, {
        code: 'PYTHON_MISSING',
        suggestions: [
          'set the Python of an environment with TRL: --python PATH, or REVERSAL_PYTHON',
          'see what is missing: reversal finetune:doctor --provider trl',
        ],
        cause: error,
      })
    }
    throw new InputError(`${python} cannot list its packages: ${lastWords(error)}`, {
      code: 'PYTHON_UNUSABLE',
      suggestions: ['use another one: --python PATH, or REVERSAL_PYTHON'],
      cause: error,
    })
  }
}

/** The problems that keep a Python from training, one sentence each. */
export function findLacks({ executable, packages, problem }: PythonFindings): string[] {
  const missing = Object.keys(packages).filter((name) => packages[name] === null)
  if (missing.length > 0) return [`${executable} lacks ${missing.join(', ')}.`]
  const trl = packages.trl ?? ''
  const [major = 0, minor = 0] = trl.split('.').map(Number)
  const old = major < LEAST_TRL[0] || (major === LEAST_TRL[0] && minor < LEAST_TRL[1])
  if (old) return [`${executable} has trl ${trl}, and ${LEAST_TRL.join('.')} or newer is needed.`]
  return problem === undefined ? [] : [`${executable} cannot use torch: ${problem}`]
}

/**
 * The machines that a Python installation offers for training. Throws InputError PACKAGES_MISSING, or GPUS_MISSING if
 * there are fewer GPUs than wanted.
 */
export function requireMachines(
  findings: PythonFindings,
  { gpus: wanted, anyPackages = false }: { gpus: number | undefined; anyPackages?: boolean },
  { install }: { install: string },
): Machines {
  const { executable, gpus = 0, bf16 = false, gpu_bytes: gpuBytes } = findings
  // Another trainer checks its own requirements, and may see GPUs that torch does not.
  if (anyPackages && findings.gpus === undefined) return { gpus: wanted ?? 0, bf16: true, python: executable }
  const [lack] = anyPackages ? [] : findLacks(findings)
  if (lack !== undefined) {
    throw new InputError(lack, {
      code: 'PACKAGES_MISSING',
      suggestions: [`install what is missing: ${install}`, 'use another Python: --python PATH'],
    })
  }
  if (wanted !== undefined && wanted > gpus) {
    throw new InputError(`--gpus asks for ${wanted}, but ${executable} sees ${gpus === 0 ? 'none' : gpus}.`, {
      code: 'GPUS_MISSING',
      suggestions: [
        'train on the CPU: --gpus 0',
        'install the build of torch that matches the GPU’s driver: https://pytorch.org/get-started/locally',
      ],
    })
  }
  return { gpus, bf16: gpus > 0 && bf16, python: executable, ...(gpuBytes && { gpuBytes }) }
}

/** The last line of a program's error output, without its path. */
function lastWords(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  return (stderr ?? '').trim().split('\n').at(-1) || message.split('\n')[0]!
}
