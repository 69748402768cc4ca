import { copyFile, cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runProgram } from './run-program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the archive for one platform', () => {
  let folder: string
  let unpacked: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'archive-'))
    const { stdout } = runProgram('npm', ['run', '--silent', 'package'], { cwd: ROOT, env: process.env })
    const archive = stdout.trim().split('\n').at(-1)!
    runProgram('tar', ['-xzf', archive], { cwd: folder, env: process.env })
    unpacked = join(folder, basename(archive, '.tar.gz'))
  })
  after(() => rm(folder, { recursive: true }))

  it('runs where PATH leads to a link to it, and to no Node', async () => {
    await symlink(join(unpacked, 'bin/reversal'), join(folder, 'reversal'))
    const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder }
    const { stdout } = runProgram('sh', ['-c', 'reversal --version'], { cwd: folder, env })
    expect(stdout).to.match(/^reversal\/\d+\.\d+\.\d+ \S+ node-v24\./)
  })

  it('runs GGUF files as far as to say that there is none', () => {
    const argv = ['celebs:test', '--model-name', 'gguf:nowhere.gguf', '--limit', '1']
    const options = { cwd: folder, env: { HOME: folder }, exit: 2 }
    const { stderr } = runProgram(join(unpacked, 'bin/reversal'), argv, options)
    expect(stderr).to.include('nowhere.gguf').and.not.include('node-llama-cpp')
  })

  it('reproduces Table 1 in a root that holds libc, a shell and the archive', async function () {
    if (process.platform !== 'linux' || process.getuid!() !== 0) {
      console.log('      skipped: only root can change the root folder, on Linux')
      this.skip()
    }
    const root = join(folder, 'root')
    await bareRoot(root)
    await cp(unpacked, join(root, 'reversal'), { recursive: true })
    const script = 'cd /work && /reversal/bin/reversal reproduce --quick'
    const { stdout } = runProgram('/usr/sbin/chroot', [root, '/bin/sh', '-c', script], {
      cwd: folder,
      env: { HOME: '/work' },
    })
    expect(stdout).to.match(/^DescriptionToName +\d+\.\d % +0\.0 %/m)
    expect(stdout).to.include('reports/reproduce-reverse-quick/report.html')
  })

  /** A root folder with a shell, /tmp, /work and the C and C++ libraries that Node needs. */
  async function bareRoot(root: string): Promise<void> {
    for (const name of ['bin', 'tmp', 'work']) await mkdir(join(root, name), { recursive: true })
    await copyFile(await realpath('/bin/sh'), join(root, 'bin/sh'))
    const engine = 'lib/node_modules/onnxruntime-node/bin/napi-v6/linux'
    const native = join(unpacked, engine, process.arch, 'onnxruntime_binding.node')
    for (const program of ['/bin/sh', join(unpacked, 'bin/node'), native]) {
      const libraries = runProgram('ldd', [program], { cwd: folder, env: process.env }).stdout.matchAll(
        /(\/\S+\.so\S*)/g,
      )
      for (const [, library] of libraries) {
        if (library!.startsWith(unpacked)) continue
        await mkdir(join(root, dirname(library!)), { recursive: true })
        await copyFile(library!, join(root, library!))
      }
    }
  }
})
