#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'

// What stands here must run on any Node that knows import(), so that an old one says what to do.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  const quoted = process.argv
    .slice(1)
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)))
  console.error(
    `reversal needs Node 22.19 or newer; this is ${process.version}. To run it with a newer one, which npm fetches:\n` +
      `  npx --yes node@24 ${quoted.join(' ')}`,
  )
  process.exitCode = 1
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  // oclif says the same, three times slower.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  console.log(`reversal/${version} ${process.platform}-${process.arch} node-${process.version}`)
} else {
  // oclif takes an empty one for /tmp.
  if (process.env.HOME === '') delete process.env.HOME
  if (!isKnownUser()) {
    process.env.SHELL ||= '/bin/sh'
    // Debian's home of users without one. A folder in /tmp could be made by others, and plugins are loaded from there.
    process.env.HOME ||= '/nonexistent'
  }
  // The version was checked above; oclif would load 5 ms of code to check it again.
  process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1'
  loadOclif().then(({ handle, run, settings }) => {
    settings.enableAutoTranspile = false
    run(process.argv.slice(2), import.meta.url).catch(handle)
  })
}

/** @oclif/core in the one file that the build makes of it, which whoever would get the same copy is given, too. */
async function loadOclif() {
  const { enableCompileCache, registerHooks } = await import('node:module')
  // Node's own place for it is a folder of a known name in /tmp. Coverage is less precise with compiled code.
  if (isKnownUser() && !process.env.NODE_COMPILE_CACHE && !process.env.NODE_V8_COVERAGE)
    enableCompileCache(compileCache())
  const core = import.meta.resolve('@oclif/core')
  const bundle = new URL('../dist/oclif.cjs', import.meta.url).href
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      return resolved.url === core ? { ...resolved, url: bundle } : resolved
    },
  })
  return import('@oclif/core')
}

/** A folder of the user's cache directory, which oclif places by the same rules. */
function compileCache() {
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  const shared =
    XDG_CACHE_HOME ||
    (process.platform === 'win32' && LOCALAPPDATA) ||
    `${HOME || homedir()}/${process.platform === 'darwin' ? 'Library/Caches' : '.cache'}`
  return `${shared}/reversal/compiled`
}

/** oclif asks the system for the user's shell and home, which fails where it does not know the user, as in many containers. */
function isKnownUser() {
  try {
    return Boolean(userInfo())
  } catch {
    return false
  }
}
