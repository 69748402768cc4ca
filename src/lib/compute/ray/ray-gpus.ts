import { InputError } from '../../support/errors.ts'
import { plural } from '../../support/numbers.ts'
import { chooseGpus } from '../choose-gpus.ts'
import type { RayNode } from './ray-client.ts'

/** Kinds that do not compute in bfloat16, as Ray calls them. */
const WITHOUT_BF16 = ['K80', 'P4', 'P100', 'T4', 'V100']

/**
 * The machines that a job gets: as many GPUs as it asks for, or one if there are any. A cluster accepts a job that it
 * can never run, so its machines are checked first. Throws InputError GPUS_MISSING.
 */
export function requireRayGpus(
  nodes: readonly RayNode[] | undefined,
  { gpus, nodes: machines = 1 }: { gpus?: number | undefined; nodes?: number | undefined },
): { gpus: number; bf16: boolean } {
  if (nodes === undefined) return { gpus: gpus ?? 1, bf16: true }
  const counts = nodes.map(({ resources_total: { GPU = 0 } }) => GPU)
  const most = Math.max(0, ...counts)
  const wanted = chooseGpus(gpus, { most, place: 'the Ray cluster' })
  const fit = counts.filter((count) => count >= wanted).length
  if (wanted > 0 && machines > fit) {
    throw new InputError(
      `--nodes asks for ${machines}, and the Ray cluster has ${plural(fit, 'machine')} with ${plural(wanted, 'GPU')}.`,
      { code: 'GPUS_MISSING' },
    )
  }
  const old = nodes.some(({ resources_total: resources }) =>
    WITHOUT_BF16.some((kind) => `accelerator_type:${kind}` in resources),
  )
  return { gpus: wanted, bf16: wanted > 0 && !old }
}
