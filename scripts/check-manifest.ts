/**
 * Checks that `oclif.manifest.json` and the command reference in `docs/commands` match the commands. With `--write`
 * both are regenerated; otherwise a difference fails with a message that says how to fix it.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MANIFEST = 'oclif.manifest.json'
const REFERENCE = 'docs/commands'
const INDEX = `${REFERENCE}/README.md`
const INDEX_FRAME = `# Commands

Every command has \`--help\` and \`--json\`. \`npm run update:manifest\` writes these pages from the help texts.

<!-- commands -->
`
const root = fileURLToPath(new URL('..', import.meta.url))

const before = await readGenerated()
execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
await removeGenerated()
oclif('manifest')
await sortCommands()
await writeFileWithin(INDEX, INDEX_FRAME)
oclif('readme', '--multi', '--no-aliases', '--readme-path', INDEX, '--output-dir', REFERENCE)
await tidyIndex()
const after = await readGenerated()

const stale = [...new Set([...before.keys(), ...after.keys()])].filter(
  (name) => before.get(name) !== after.get(name),
)
if (process.argv.includes('--write')) {
  console.log(
    stale.length > 0
      ? `Wrote ${stale.join(', ')}.`
      : 'The manifest and the command reference were up to date.',
  )
} else if (stale.length > 0) {
  await removeGenerated()
  for (const [name, content] of before) await writeFileWithin(name, content)
  console.error(`Out of date: ${stale.join(', ')}. Run: npm run update:manifest`)
  process.exitCode = 1
} else {
  console.log('The manifest and the command reference are up to date.')
}

function oclif(...argv: string[]): void {
  execFileSync(process.execPath, [join(root, 'node_modules/oclif/bin/run.js'), ...argv], {
    cwd: root,
    env: { ...process.env, COLUMNS: '100' },
    stdio: 'pipe',
  })
}

async function writeFileWithin(name: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, name)), { recursive: true })
  await writeFile(join(root, name), content)
}

/** The existing generated files, by name. */
async function readGenerated(): Promise<Map<string, string>> {
  const pages = await readdir(join(root, REFERENCE)).catch(() => [])
  const contents = new Map<string, string>()
  for (const name of [MANIFEST, ...pages.map((page) => `${REFERENCE}/${page}`)]) {
    const content = await readFile(join(root, name), 'utf8').catch(() => undefined)
    if (content !== undefined) contents.set(name, content)
  }
  return contents
}

async function removeGenerated(): Promise<void> {
  for (const name of [MANIFEST, REFERENCE]) await rm(join(root, name), { recursive: true, force: true })
}

/** oclif lists commands in the order in which their modules happened to load, which differs from build to build. */
async function sortCommands(): Promise<void> {
  const manifest = JSON.parse(await readFile(join(root, MANIFEST), 'utf8'))
  const commands = Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1))
  const sorted = { ...manifest, commands: Object.fromEntries(commands) }
  await writeFile(join(root, MANIFEST), JSON.stringify(sorted, null, 2))
}

/** oclif writes links from the root of the repository, a heading, and notes for its next time. */
async function tidyIndex(): Promise<void> {
  const text = await readFile(join(root, INDEX), 'utf8')
  const tidy = text
    .replaceAll(`](${REFERENCE}/`, '](')
    .replace('# Command Topics\n\n', '')
    .replaceAll(/<!-- commands(stop)? -->\n/g, '')
    .replaceAll(/`reversal ([^`]+)`\]\(([^)]+)\) - /g, '`$1`]($2): ')
  await writeFile(join(root, INDEX), `${tidy.trimEnd()}\n`)
}
