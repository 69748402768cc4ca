import { InputError } from '../support/errors.ts'

/**
 * The GPUs that a job gets on each machine of a cluster: as many as it asks for, or one if there are any. `most` is the
 * largest number on one machine, `place` the name of the cluster. Throws InputError GPUS_MISSING.
 */
export function chooseGpus(
  wanted: number | undefined,
  { most, place }: { most: number; place: string },
): number {
  const gpus = wanted ?? Math.min(1, most)
  if (gpus <= most) return gpus
  const have = most === 0 ? `no machine of ${place} has one` : `${place} has ${most} on one machine at most`
  throw new InputError(`--gpus asks for ${gpus}, and ${have}.`, {
    code: 'GPUS_MISSING',
    suggestions: [
      most === 0 ? 'train on the CPU: --gpus 0' : `use --gpus ${most}, or more machines: --nodes N`,
    ],
  })
}
