/**
 * Are `oclif.manifest.json` and the README's command reference what the commands say? With `--write` they
 * are made anew; without it a difference fails and says how to mend it.
 */
import { execFileSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const GENERATED = ['oclif.manifest.json', 'README.md']
const root = fileURLToPath(new URL('..', import.meta.url))
const read = (name: string) => readFile(`${root}${name}`, 'utf8').catch(() => undefined)

const before = await Promise.all(GENERATED.map(read))
const oclif = (...argv: string[]) =>
  execFileSync(process.execPath, [`${root}node_modules/oclif/bin/run.js`, ...argv], {
    cwd: root,
    stdio: 'pipe',
  })
execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
oclif('manifest')
await sortCommands()
oclif('readme', '--no-aliases', '--tsconfig-path', 'tsconfig.build.json')
const after = await Promise.all(GENERATED.map(read))

const stale = GENERATED.filter((_, index) => before[index] !== after[index])
if (process.argv.includes('--write')) {
  console.log(
    stale.length > 0 ? `Wrote ${stale.join(' and ')}.` : 'The manifest and the README were up to date.',
  )
} else if (stale.length > 0) {
  for (const [index, name] of GENERATED.entries()) {
    const content = before[index]
    await (content === undefined
      ? rm(`${root}${name}`, { force: true })
      : writeFile(`${root}${name}`, content))
  }
  console.error(`Out of date: ${stale.join(' and ')}. Run: npm run update:manifest`)
  process.exitCode = 1
} else {
  console.log('The manifest and the README are up to date.')
}

/** oclif lists commands in the order in which their modules happened to load, which differs from build to build. */
async function sortCommands(): Promise<void> {
  const manifest = JSON.parse((await read('oclif.manifest.json'))!)
  const commands = Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1))
  const sorted = { ...manifest, commands: Object.fromEntries(commands) }
  await writeFile(`${root}oclif.manifest.json`, JSON.stringify(sorted, null, 2))
}
