import { totalmem } from 'node:os'

/** The share of a machine's memory that leaves enough for other programs and the system. */
const ROOMY = 0.6

/** Bytes that a program may use on this machine. */
export function roomyBytes(machineBytes: number = totalmem()): number {
  return ROOMY * machineBytes
}
