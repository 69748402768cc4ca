/**
 * Replaces the package that `npm pack` has just written by the one that users install. It contains ONNX Runtime without
 * its install script, and an npm-shrinkwrap.json: npm ignores the overrides and allowScripts of a package that is a
 * dependency.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ROOT, stage } from './packaging/stage.ts'

if (process.env.npm_config_dry_run !== 'true') {
  const folder = await mkdtemp(join(tmpdir(), 'reversal-pack-'))
  try {
    await stage(folder, () => ({ bundleDependencies: ['onnxruntime-node'] }))
    await rename(join(folder, 'package-lock.json'), join(folder, 'npm-shrinkwrap.json'))
    const destination = resolve(process.env.npm_config_pack_destination ?? ROOT)
    const argv = ['pack', '--loglevel=error', '--pack-destination', destination]
    execFileSync('npm', argv, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  } finally {
    await rm(folder, { recursive: true })
  }
}
