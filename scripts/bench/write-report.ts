/** Writes the report on all runs of a folder as the tool does, and prints how long it took and its peak memory. */

import { join } from 'node:path'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { reportRuns } from '../../src/lib/reporting/report-runs.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { peakMiB } from './peak-memory.ts'

const [folder] = process.argv.slice(2) as [string]
const start = performance.now()
const store = new RunStore(join(folder, 'home'))
await reportRuns({
  ...builtInExtensions(),
  ...{ store, runs: await store.list(), cwd: folder, name: 'bench' },
  ...{ toolVersion: 'bench', now: new Date() },
})
const seconds = (performance.now() - start) / 1000
const { userCPUTime, systemCPUTime } = process.resourceUsage()
const processorSeconds = (userCPUTime + systemCPUTime) / 1e6
console.log(JSON.stringify({ seconds, processorSeconds, peakMiB: peakMiB() }))
