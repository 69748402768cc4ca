import { InputError } from '../../support/errors.ts'
import { plural } from '../../support/numbers.ts'
import { chooseGpus } from '../choose-gpus.ts'

/** Machines of one kind, as `sinfo -h -o '%D|%G'` lists them. */
interface Machines {
  count: number
  gpus: number
}

/** Such as `gpu:a100:4(S:0-1),gpu:2` or `(null)`. */
const GPUS = /\bgpu(?::[^:(,]+)?:(\d+)/g

export function parseMachines(text: string): Machines[] {
  return text
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [count = '', resources = ''] = line.split('|')
      const gpus = Array.from(resources.matchAll(GPUS), ([, number]) => Number(number))
      return { count: Number(count), gpus: gpus.reduce((total, number) => total + number, 0) }
    })
}

/** As many GPUs as are asked for, or one if there are any. Throws InputError PARTITION_UNKNOWN and GPUS_MISSING. */
export function requireSlurmGpus(
  machines: readonly Machines[],
  {
    gpus,
    nodes = 1,
    partition,
  }: { gpus?: number | undefined; nodes?: number | undefined; partition?: string | undefined },
): number {
  const place = partition === undefined ? 'the Slurm cluster' : `the partition ${partition}`
  if (machines.length === 0) {
    throw new InputError(
      partition === undefined ? 'The Slurm cluster has no machines.' : `There is no partition ${partition}.`,
      { code: 'PARTITION_UNKNOWN', suggestions: ['list them: sinfo'] },
    )
  }
  const most = Math.max(...machines.map((one) => one.gpus))
  const wanted = chooseGpus(gpus, { most, place })
  const fit = machines.reduce((total, one) => total + (one.gpus >= wanted ? one.count : 0), 0)
  if (nodes > fit) {
    const kind = wanted === 0 ? '' : ` with ${plural(wanted, 'GPU')}`
    throw new InputError(`--nodes asks for ${nodes}, and ${place} has ${plural(fit, 'machine')}${kind}.`, {
      code: 'NODES_MISSING',
    })
  }
  return wanted
}
