/**
 * Writes `build/reversal-VERSION-PLATFORM-ARCH.tar.gz` and the folder in it: the program with Node and the native parts
 * of this platform, for machines without Node and npm. Prints the archive's path. `oclif pack tarballs` makes a similar
 * archive, but downloads Node from nodejs.org and keeps the native parts of all platforms.
 */
import { execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from './packaging/stage.ts'
import { ROOT, stage } from './packaging/stage.ts'

const LAUNCHER = `#!/bin/sh
# A link to this file may lie anywhere.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=\${self%/*}/$target ;; esac
done
here=$(cd "\${self%/*}" && pwd)
# npm, which installs plugins, looks for node.
PATH=$here:$PATH exec "$here/node" "$here/../lib/bin/run.js" "$@"
`
const WINDOWS_LAUNCHER = '@"%~dp0node.exe" "%~dp0..\\lib\\bin\\run.js" %*\r\n'

const { platform, arch } = process
const windows = platform === 'win32'
const build = join(ROOT, 'build')
const staging = join(build, 'staging')
await rm(build, { recursive: true, force: true })
const { version } = await stage(staging, withGguf)
await onlyHere(join(staging, 'node_modules/onnxruntime-node/bin/napi-v6'), platform, arch)
await onlyHere(join(staging, 'node_modules/@node-llama-cpp'), `${windows ? 'win' : platform}-${arch}`)

const name = `reversal-${version}-${platform}-${arch}`
const bin = join(build, name, 'bin')
await mkdir(bin, { recursive: true })
await rename(staging, join(build, name, 'lib'))
await cp(process.execPath, join(bin, windows ? 'node.exe' : 'node'))
const launcher = join(bin, windows ? 'reversal.cmd' : 'reversal')
await writeFile(launcher, windows ? WINDOWS_LAUNCHER : LAUNCHER)
await chmod(launcher, 0o755)
execFileSync('tar', ['-czf', `${name}.tar.gz`, name], { cwd: build })
console.log(join(build, `${name}.tar.gz`))

/** Users without npm cannot install the package that runs GGUF files, so it is included. */
function withGguf({ dependencies, devDependencies, overrides }: Manifest) {
  const gguf = { 'node-llama-cpp': devDependencies!['node-llama-cpp']! }
  return {
    dependencies: { ...dependencies, ...gguf },
    overrides,
    peerDependencies: undefined,
    peerDependenciesMeta: undefined,
  }
}

/** Keeps only this platform's folder among those of all platforms. */
async function onlyHere(folder: string, ...[kept, ...deeper]: string[]): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (entry !== kept) await rm(join(folder, entry), { recursive: true })
  }
  if (deeper.length > 0) await onlyHere(join(folder, kept!), ...deeper)
}
