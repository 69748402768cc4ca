import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runProgram } from './run-program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the package that npm pack writes', () => {
  let folder: string
  /** Nothing of this machine's user: an empty home, an empty npm cache, a prefix of its own. */
  let env: NodeJS.ProcessEnv
  let packed: string
  let reversal: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'install-'))
    for (const name of ['home', 'packed', 'work']) await mkdir(join(folder, name))
    runProgram('npm', ['pack', '--pack-destination', join(folder, 'packed')], { cwd: ROOT, env: process.env })
    const [name] = await readdir(join(folder, 'packed'))
    packed = join(folder, 'packed', name!)
    reversal = join(folder, 'prefix/bin/reversal')
    // What npm sets for its scripts stays out; proxies and certificates of this machine stay in.
    const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|REVERSAL_|NODE)/i.test(name))
    env = {
      ...Object.fromEntries(inherited),
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      HOME: join(folder, 'home'),
      PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      npm_config_cache: join(folder, 'cache'),
      npm_config_prefix: join(folder, 'prefix'),
    }
    runProgram('npm', ['install', '--global', packed], { cwd: join(folder, 'work'), env })
  })
  after(() => rm(folder, { recursive: true }))

  it('holds the locked versions', async () => {
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))
    const modules = join(folder, 'prefix/lib/node_modules/reversal/node_modules')
    for (const name of ['ajv', 'fast-uri', 'onnxruntime-common', 'semver', 'vega-scale']) {
      const { version } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'))
      expect(`${name} ${version}`).to.equal(`${name} ${lock.packages[`node_modules/${name}`].version}`)
    }
  })

  it('reproduces Table 1 outside the clone', () => {
    const { stdout } = runProgram(reversal, ['reproduce', '--quick'], { cwd: join(folder, 'work'), env })
    expect(stdout).to.match(/^DescriptionToName +\d+\.\d % +0\.0 %/m)
    expect(stdout).to.include('reports/reproduce-reverse-quick/report.html')
  })

  for (const version of ['16', '20']) {
    it(`says on Node ${version} how to run it there`, () => {
      const cwd = join(folder, 'work')
      const old = ['--yes', `node@${version}`, reversal, 'eval:list', '--json']
      const { stderr } = runProgram('npx', old, { cwd, env, exit: 1 })
      expect(stderr).to.include('reversal needs Node 22.19 or newer; this is v')
      const command = /^ {2}(npx .+)$/m.exec(stderr)![1]!
      const { stdout } = runProgram('sh', ['-c', command], { cwd, env })
      expect(JSON.parse(stdout)).to.have.property('evaluators')
    })
  }
})
