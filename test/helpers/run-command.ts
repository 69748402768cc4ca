import { run } from '@oclif/core'
import { captureOutput } from '@oclif/test'
import { sourceOptions } from '../../bin/source.ts'

/** Runs the CLI in this process, from source, and captures what it prints and throws. */
export async function runCommand<T = unknown>(...argv: string[]) {
  const captured = await captureOutput<T>(async () => run(argv, await sourceOptions()) as Promise<T>)
  // A command that fails under --json leaves an exit code behind, which would fail the test run.
  process.exitCode = undefined
  return captured
}

/** Run a command with `--json` and give back the object that it prints. */
export async function runJson<T = Record<string, unknown>>(...argv: string[]): Promise<T> {
  const { stdout, error } = await runCommand(...argv, '--json')
  if (error) throw error
  return JSON.parse(stdout) as T
}

/** Runs the CLI as in a terminal with so many columns, which decides where lines break. */
export async function runInTerminal(columns: number, ...argv: string[]) {
  const { isTTY, columns: before } = process.stdout
  Object.assign(process.stdout, { isTTY: true, columns })
  try {
    return await runCommand(...argv)
  } finally {
    Object.assign(process.stdout, { isTTY, columns: before })
  }
}
