/** Loaded before a program: writes at its end what it took to the file that BENCH_USAGE names. */
import { writeFileSync } from 'node:fs'
import { peakMiB } from './peak-memory.ts'

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  const usage = { processorSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: peakMiB() }
  writeFileSync(process.env.BENCH_USAGE!, JSON.stringify(usage))
})
