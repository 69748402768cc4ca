/**
 * Unpacks Debian's Slurm into `build/slurm`, for `npm run test:cluster`: 3 MB, without changing the machine. Prints
 * what it does; does nothing if `SLURM_ROOT` is set, or if this is not Debian.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGES = [
  'slurmctld',
  'slurmd',
  'slurm-client',
  'slurm-wlm-basic-plugins',
  'munge',
  'libmunge2',
  'libhwloc15',
]
const folder = fileURLToPath(new URL('../build/slurm', import.meta.url))
const archives = join(folder, 'archives')

if (process.env.SLURM_ROOT) console.log(`The Slurm of the tests is in ${process.env.SLURM_ROOT}.`)
else if (existsSync(join(folder, 'usr/sbin/slurmctld-wlm'))) console.log(`Slurm is in ${folder}.`)
else if (spawnSync('apt-get', ['--version']).status !== 0 || spawnSync('dpkg', ['--version']).status !== 0)
  console.log('This is no Debian: what needs Slurm is left out.')
else {
  mkdirSync(archives, { recursive: true })
  run('apt-get', ['download', ...PACKAGES])
  for (const name of readdirSync(archives)) run('dpkg', ['-x', name, folder])
}

function run(program: string, argv: string[]): void {
  console.log([program, ...argv].join(' '))
  const { status } = spawnSync(program, argv, { cwd: archives, stdio: 'inherit' })
  if (status !== 0) console.log(`${program} ended with ${status}: what needs Slurm is left out.`)
}
