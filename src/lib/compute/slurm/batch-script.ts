import { posix } from 'node:path'
import { quoteWord } from '../../support/command-line.ts'
import { InputError } from '../../support/errors.ts'
import type { Job } from '../engine.ts'
import { processesOf } from '../engine.ts'

/** Seconds before its time limit at which a job is warned, so that it saves a checkpoint. */
const WARNING_S = 120
/** Start of a range of ports that no common service uses by default. */
const FIRST_PORT = 20_000

/** Slurm finds a job, or an array of them, by this name, whatever became of the answer to its submission. */
export function slurmName(id: string): string {
  return `reversal-${id}`
}

/** Files that a job of Slurm leaves in its folder, as its machines see it. */
export function slurmFiles({ id, folder }: Pick<Job, 'id' | 'folder'>) {
  const beside = (name: string) => posix.join(folder, 'jobs', `${id}.${name}`)
  return {
    log: beside('log'),
    /** The number that Slurm gave to the job that began. */
    owner: beside('slurm'),
    /** Exit status of the trainer. */
    exit: beside('exit'),
    stop: posix.join(folder, 'stop'),
  }
}

/**
 * The script of a job. srun starts a process for each GPU and passes signals on to all. A job that Slurm restarts keeps
 * its ID and continues from its checkpoint. Throws InputError WRONG_SETTING.
 */
export function batchScript(job: Job): string {
  return writeScript(job, {
    directives: { 'job-name': slurmName(job.id), comment: `reversal:${job.id}` },
    choose: [...settingsOf(job), 'number="$SLURM_JOB_ID"'],
  })
}

/**
 * The script of jobs that differ only in their folders: one array with a task for each, of which at most `atOnce` run
 * at the same time. The tasks write their logs into their own folders. Throws InputError WRONG_SETTING.
 */
export function arrayScript(jobs: readonly Job[], { atOnce }: { atOnce?: number | undefined } = {}): string {
  const [first] = jobs as [Job]
  const { id } = first.array!
  const limit = atOnce === undefined ? '' : `%${atOnce}`
  return writeScript(first, {
    directives: {
      'job-name': slurmName(id),
      comment: `reversal:${id}`,
      array: `0-${jobs.length - 1}${limit}`,
    },
    choose: [
      'case "$SLURM_ARRAY_TASK_ID" in',
      ...jobs.flatMap((job) => [`${job.array!.task})`, ...settingsOf(job), ';;']),
      'esac',
      'number="$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID"',
    ],
    begin: ['exec >> "jobs/$job.log" 2>&1'],
  })
}

/** The settings in which jobs of one array differ. */
function settingsOf({ id, folder, python, command }: Job): string[] {
  const words = [python, posix.join(folder, command.script), ...command.args]
  return [`job=${quoteWord(id)}`, `folder=${quoteWord(folder)}`, `set -- ${words.map(quoteWord).join(' ')}`]
}

interface ScriptParts {
  directives: Record<string, string>
  /** Sets the variables that the rest reads. */
  choose: readonly string[]
  /** Done first in the folder of the job. */
  begin?: readonly string[]
}

function writeScript(job: Job, { directives: own, choose, begin = [] }: ScriptParts): string {
  const { gpus, nodes, time, partition } = job.resources
  const directives = {
    ...own,
    nodes: String(nodes),
    'ntasks-per-node': String(processesOf(job)),
    ...(gpus > 0 && { 'gpus-per-node': String(gpus) }),
    ...(time !== undefined && { time: requirePlain('time', time) }),
    ...(partition !== undefined && { partition: requirePlain('partition', partition) }),
    signal: `TERM@${WARNING_S}`,
    'open-mode': 'append',
  }
  return `${[
    '#!/bin/bash',
    ...Object.entries(directives).map(([name, value]) => `#SBATCH --${name}=${value}`),
    '#SBATCH --requeue',
    ...choose,
    'cd "$folder" || exit 66',
    'mkdir -p jobs',
    ...begin,
    'own="jobs/$job"',
    '# Where a job was handed over twice, the one that began is the one.',
    '(set -o noclobber; echo "$number" > "$own.slurm") 2>/dev/null',
    '[ "$(cat "$own.slurm")" = "$number" ] || exit 0',
    'rm -f "$own.exit"',
    '# The trainer is told to stop, and this script waits for it.',
    'trap : TERM',
    // A machine need not know itself by its name.
    nodes === 1
      ? 'export MASTER_ADDR=127.0.0.1'
      : 'export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
    `export MASTER_PORT=$((${FIRST_PORT} + SLURM_JOB_ID % 20000))`,
    'export PYTHONUNBUFFERED=1',
    'srun "$@"',
    'code=$?',
    'echo "$code" > "$own.exit.tmp" && mv "$own.exit.tmp" "$own.exit"',
    'exit "$code"',
  ].join('\n')}\n`
}

function requirePlain(flag: string, value: string): string {
  if (/^[\w.,:+-]+$/.test(value)) return value
  throw new InputError(`--${flag} ${value} is not accepted by sbatch.`, { code: 'WRONG_SETTING' })
}
