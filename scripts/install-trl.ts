/**
 * Installs a Python with TRL and Ray into `build/trl`, for `npm run test:cluster`: about 6 GB, as torch includes CUDA.
 * Prints what it does; does nothing if `TRL_PYTHON` is set, or if there is no Python.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The version that the engine was tested with. */
const RAY = 'ray[default]==2.60.0'
const root = new URL('../', import.meta.url)
const folder = fileURLToPath(new URL('build/trl', root))
const python = fileURLToPath(new URL('build/trl/bin/python', root))
const requirements = fileURLToPath(new URL('data/trainers/trl/requirements.txt', root))

if (process.env.TRL_PYTHON) console.log(`The Python of the tests is ${process.env.TRL_PYTHON}.`)
else if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0)
  console.log('There is no python3 that makes environments: what needs TRL is left out.')
else {
  if (!existsSync(python)) run('python3', ['-m', 'venv', folder])
  // Returns at once if everything is installed.
  run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements, RAY])
}

function run(program: string, argv: string[]): void {
  console.log([program, ...argv].join(' '))
  const { status } = spawnSync(program, argv, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
