/**
 * Writes dist/oclif.cjs, @oclif/core as one file: loading its 160 files takes longer than most commands. It must be in
 * dist/, as @oclif/core reads the package.json of the parent folder for the Node version that it needs.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

await build({
  entryPoints: [fileURLToPath(import.meta.resolve('@oclif/core'))],
  outfile: fileURLToPath(new URL('../dist/oclif.cjs', import.meta.url)),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  // Only plugins under development are transpiled at run time, by the TypeScript that they bring.
  external: ['typescript', 'ts-node', 'tsx', 'pnpapi'],
  legalComments: 'inline',
  logLevel: 'warning',
})
