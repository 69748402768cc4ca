#!/usr/bin/env node
import { userInfo } from 'node:os'

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
} else {
  if (!process.env.SHELL && !isKnownUser()) process.env.SHELL = '/bin/sh'
  import('@oclif/core').then(({ handle, run, settings }) => {
    settings.enableAutoTranspile = false
    run(process.argv.slice(2), import.meta.url).catch(handle)
  })
}

/** oclif asks the system for the user's shell, which fails where it does not know the user, as in many containers. */
function isKnownUser() {
  try {
    return Boolean(userInfo())
  } catch {
    return false
  }
}
