import { InputError } from '../support/errors.ts'
import type { EngineDescriptor } from './engine.ts'

const here: EngineDescriptor = {
  name: 'here',
  summary: 'this machine, on its CPU or its GPUs',
  flags: [],
  async open(options) {
    const { HereEngine } = await import('./here/here-engine.ts')
    return new HereEngine(options)
  },
}

/** The engines, the usual one first. */
export const ENGINES: readonly EngineDescriptor[] = [here]

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
const ENGINE_FLAGS = ['nodes', 'time', 'partition']
