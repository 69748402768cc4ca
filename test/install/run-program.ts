import { spawnSync } from 'node:child_process'

/** Run a program to its end in an environment that holds `env` alone; throws with all it printed where it fails. */
export function runProgram(
  program: string,
  argv: string[],
  { cwd, env, exit = 0 }: { cwd: string; env: NodeJS.ProcessEnv; exit?: number },
): { stdout: string; stderr: string } {
  const options = { cwd, env, encoding: 'utf8', timeout: 300_000 } as const
  const { status, error, stdout, stderr } = spawnSync(program, argv, options)
  if (error) throw error
  if (status !== exit) {
    throw new Error(`${program} ${argv.join(' ')}: exit code ${status}\n${stdout}${stderr}`)
  }
  return { stdout, stderr }
}
