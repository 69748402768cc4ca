import { readFileSync } from 'node:fs'

/**
 * The most memory that this process has held, in MiB. Linux hands the peak of the process that started this one on in
 * its resource usage, so there it comes from the process's own status.
 */
export function peakMiB(): number {
  const own = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : ''
  const [, kib = process.resourceUsage().maxRSS] = /^VmHWM:\s+(\d+) kB$/m.exec(own) ?? []
  return Number(kib) / 1024
}
