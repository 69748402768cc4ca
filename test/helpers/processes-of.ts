import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The process IDs of a process's children, except that of `ps` itself. */
export async function processesOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'ppid=,pid=,comm='])
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([ppid, , command]) => Number(ppid) === parent && command !== 'ps')
    .map(([, pid]) => Number(pid))
}
