import { execFileSync } from 'node:child_process'

/** Path of a real Python, version 3.10 or newer, which the scripts of jobs need; skips the tests if there is none. */
export function requirePython(context: Mocha.Context): string {
  try {
    const script = 'import sys; assert sys.version_info >= (3, 10); print(sys.executable)'
    return execFileSync('python3', ['-c', script], { encoding: 'utf8' }).trim()
  } catch {
    console.log('      There is no python3 of version 3.10 or newer here.')
    return context.skip()
  }
}
