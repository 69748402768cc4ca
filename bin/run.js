#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`reversal needs Node 22.19 or newer; this is ${process.version}. Try: npx reversal`)
  process.exitCode = 1
} else {
  const { handle, run, settings } = await import('@oclif/core')
  settings.enableAutoTranspile = false
  run(process.argv.slice(2), import.meta.url).catch(handle)
}
