import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Manifest = Record<string, unknown> & {
  version: string
  files: string[]
  dependencies: Record<string, string>
  devDependencies?: Record<string, string>
}

/** Fields of package.json that only matter in a clone. */
const OF_THE_CLONE = ['private', 'scripts', 'devDependencies', 'overrides', 'allowScripts'] as const

/**
 * Installs the released files into `folder`: those that package.json names, and the locked versions of its
 * dependencies, without running their scripts. `change` receives the package.json of the clone and returns the fields
 * to add to that of the folder. `dist` and the manifest must be up to date.
 */
export async function stage(
  folder: string,
  change: (manifest: Manifest) => Partial<Manifest>,
): Promise<Manifest> {
  const source = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest
  const kept = Object.entries(source).filter(([field]) => !OF_THE_CLONE.some((name) => name === field))
  const manifest = { ...Object.fromEntries(kept), ...change(source) } as Manifest

  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await cp(join(ROOT, 'package-lock.json'), join(folder, 'package-lock.json'))
  // npm drops from the lock file whatever this package.json does not lead to.
  execFileSync('npm', ['install', '--ignore-scripts', '--loglevel=error'], { cwd: folder, stdio: 'pipe' })
  await withoutInstallScript(join(folder, 'node_modules/onnxruntime-node'))

  // Files that git does not know, such as data sets made in the clone, are not part of the release.
  const listed = execFileSync('git', ['ls-files', '-z', '--', ...source.files], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const files = [...listed.split('\0').filter((file) => file !== ''), 'LICENSE', 'README.md', 'dist']
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(ROOT, file), join(folder, file), { recursive: true })
  }
  return manifest
}

/** ONNX Runtime's install script downloads CUDA libraries from its own server, and fails if it cannot reach it. */
async function withoutInstallScript(folder: string): Promise<void> {
  const path = join(folder, 'package.json')
  const { scripts: _, ...manifest } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`)
}
