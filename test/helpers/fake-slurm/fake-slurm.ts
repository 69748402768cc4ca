import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('slurm.ts', import.meta.url))
const COMMANDS = ['sbatch', 'squeue', 'sacct', 'scancel', 'sinfo', 'srun', 'scontrol']

/** Hardware and behaviour of a Slurm that stands in for a real one. */
export interface SlurmBehaviour {
  /** As `sinfo -o '%D|%G'` lists them. */
  machines?: string
  /** Why sbatch takes no job. */
  refuses?: string
  /** sbatch accepts a job but reports that the controller did not answer. */
  unanswered?: boolean
  /** sbatch takes a job and kills who gave it. */
  killsCaller?: boolean
  /** Jobs stay in the queue. */
  waits?: boolean
  /** squeue still knows jobs that have ended. */
  remembers?: boolean
  /** From 23.02 on, squeue and sacct print JSON of only the requested jobs. 22.05.8 by default. */
  version?: string
  /** sacct knows jobs that have ended. */
  accounts?: boolean
}

/** Writes commands that stand in for Slurm's, and an ssh that runs them here. Returns the folder for PATH. */
export async function writeFakeSlurm(folder: string, behaviour: SlurmBehaviour = {}): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin, { recursive: true })
  await mkdir(join(folder, 'jobs'))
  await setSlurm(folder, behaviour)
  for (const name of COMMANDS) {
    const script = `#!/bin/sh\nexec '${process.execPath}' '${SCRIPT}' '${folder}' "$0" "$@"\n`
    await writeFile(join(bin, name), script, { mode: 0o755 })
  }
  const ssh = `#!/bin/sh\nfor word; do command=$word; done\nexec sh -c "$(printf %s "$command" | sed "s#/disk-of-the-cluster#$FAKE_DISK#g")"\n`
  await writeFile(join(bin, 'ssh'), ssh, { mode: 0o755 })
  return bin
}

export async function setSlurm(folder: string, behaviour: SlurmBehaviour): Promise<void> {
  await writeFile(join(folder, 'behaviour.json'), JSON.stringify(behaviour))
}

/** The scripts and the environments of the jobs that were taken; an array is one. */
export async function takenJobs(
  folder: string,
): Promise<{ script: string; environment: NodeJS.Dict<string> }[]> {
  const numbers = await readdir(join(folder, 'jobs'))
  return Promise.all(
    numbers.map(async (number) => ({
      script: await readFile(join(folder, 'jobs', number, 'script'), 'utf8'),
      environment: JSON.parse(await readFile(join(folder, 'jobs', number, 'environment'), 'utf8')),
    })),
  )
}
