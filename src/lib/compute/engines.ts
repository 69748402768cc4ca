import { InputError } from '../support/errors.ts'
import type { EngineDescriptor } from './engine.ts'
import { parseRayAddress } from './ray/ray-address.ts'
import { parseSlurmHost } from './slurm/slurm-host.ts'

const here: EngineDescriptor = {
  name: 'here',
  summary: 'this machine, on its CPU or its GPUs',
  flags: [],
  async open(options) {
    const { HereEngine } = await import('./here/here-engine.ts')
    return new HereEngine(options)
  },
}

const ray: EngineDescriptor = {
  name: 'ray',
  summary: 'a Ray cluster, through its job server',
  flags: ['nodes', 'ray-address'],
  siteOf: ({ rayAddress }) => parseRayAddress(rayAddress),
  delivers: () => true,
  async open(options) {
    const { RayEngine } = await import('./ray/ray-engine.ts')
    return new RayEngine(options)
  },
}

/** A Slurm with default settings takes this many: its `MaxArraySize` is 1001, and task IDs are below it. */
const SLURM_ARRAY_SIZE = 1000

const slurm: EngineDescriptor = {
  name: 'slurm',
  summary: 'a Slurm cluster, through sbatch',
  flags: ['nodes', 'time', 'partition', 'slurm-host'],
  siteOf: ({ slurmHost }) => parseSlurmHost(slurmHost),
  delivers: (site) => site !== undefined,
  arraySize: SLURM_ARRAY_SIZE,
  async open(options) {
    const { SlurmEngine } = await import('./slurm/slurm-engine.ts')
    return new SlurmEngine(options)
  },
}

/** The engines, the usual one first. */
export const ENGINES: readonly EngineDescriptor[] = [here, ray, slurm]

/** Throws InputError ENGINE_UNKNOWN. */
export function chooseEngine(name: string = ENGINES[0]!.name): EngineDescriptor {
  const found = ENGINES.find((engine) => engine.name === name)
  if (found !== undefined) return found
  throw new InputError(
    `There is no engine ${name}: use one of ${ENGINES.map((engine) => engine.name).join(', ')}.`,
    { code: 'ENGINE_UNKNOWN' },
  )
}

/** Throws InputError NOT_THIS_ENGINE for a flag that belongs to another engine. */
export function refuseForeignFlags(engine: EngineDescriptor, given: readonly string[]): void {
  const foreign = given.find((flag) => !engine.flags.includes(flag) && ENGINE_FLAGS.includes(flag))
  if (foreign === undefined) return
  const takers = ENGINES.filter(({ flags }) => flags.includes(foreign)).map(({ name }) => name)
  const useIt = takers.length === 0 ? 'leave it out' : `use it with --engine ${takers.join(' or ')}`
  throw new InputError(`--${foreign} does not apply to the engine ${engine.name}: ${useIt}.`, {
    code: 'NOT_THIS_ENGINE',
  })
}

/** Flags that not every engine takes. */
const ENGINE_FLAGS = ENGINES.flatMap(({ flags }) => flags)
