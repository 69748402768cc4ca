import { posix } from 'node:path'
import { quoteWord } from '../../support/command-line.ts'
import { InputError } from '../../support/errors.ts'
import type { Job } from '../engine.ts'

/** Seconds before the end of its time at which a job is told, so that it saves a checkpoint. */
const WARNING_S = 120
/** Ports that nothing else takes by default. */
const FIRST_PORT = 20_000

/** Slurm finds a job by this name, whatever became of the answer to its submission. */
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
 * The script of a job. Each GPU gets a process by srun, which hands signals on to all. A job that Slurm starts again keeps
 * its number and goes on from its checkpoint. Throws InputError WRONG_SETTING.
 */
export function batchScript(job: Job): string {
  const { id, folder, python, command, resources } = job
  const { gpus, nodes, time, partition } = resources
  const files = slurmFiles(job)
  const directives = {
    'job-name': slurmName(id),
    comment: `reversal:${id}`,
    nodes: String(nodes),
    'ntasks-per-node': String(command.script === 'train.py' ? Math.max(1, gpus) : 1),
    ...(gpus > 0 && { 'gpus-per-node': String(gpus) }),
    ...(time !== undefined && { time: requirePlain('time', time) }),
    ...(partition !== undefined && { partition: requirePlain('partition', partition) }),
    signal: `TERM@${WARNING_S}`,
    'open-mode': 'append',
  }
  const script = [python, posix.join(folder, command.script), ...command.args].map(quoteWord).join(' ')
  return `${[
    '#!/bin/bash',
    ...Object.entries(directives).map(([name, value]) => `#SBATCH --${name}=${value}`),
    '#SBATCH --requeue',
    `cd ${quoteWord(folder)} || exit 66`,
    'mkdir -p jobs',
    '# Where a job was handed over twice, the one that began is the one.',
    `(set -o noclobber; echo "$SLURM_JOB_ID" > ${quoteWord(files.owner)}) 2>/dev/null`,
    `[ "$(cat ${quoteWord(files.owner)})" = "$SLURM_JOB_ID" ] || exit 0`,
    `rm -f ${quoteWord(files.exit)}`,
    '# The trainer is told to stop, and this script waits for it.',
    'trap : TERM',
    'export MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
    `export MASTER_PORT=$((${FIRST_PORT} + SLURM_JOB_ID % 20000))`,
    'export PYTHONUNBUFFERED=1',
    `srun ${script}`,
    'code=$?',
    `echo "$code" > ${quoteWord(`${files.exit}.tmp`)} && mv ${quoteWord(`${files.exit}.tmp`)} ${quoteWord(files.exit)}`,
    'exit "$code"',
  ].join('\n')}\n`
}

function requirePlain(flag: string, value: string): string {
  if (/^[\w.,:+-]+$/.test(value)) return value
  throw new InputError(`--${flag} ${value} is nothing that sbatch takes.`, { code: 'WRONG_SETTING' })
}
