import { totalmem } from 'node:os'

/** Share of a machine's memory above which other programs and the system come short. */
const ROOMY = 0.6

/** Bytes that a program may take on this machine without pressing others out. */
export function roomyBytes(machineBytes: number = totalmem()): number {
  return ROOMY * machineBytes
}
