import { basename, dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the clone or package, from `src/` as well as from `dist/`. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** How a process of this CLI was started. */
export interface Started {
  /** Path of the program, as given to Node. */
  program: string | undefined
  env: NodeJS.Dict<string>
  cwd: string
}

/**
 * How the user starts it: `npx reversal` with npx and in a clone without `reversal` in PATH, else `reversal`.
 */
export function nameOf({ program = '', env, cwd }: Started): string {
  const byNpx = env.npm_lifecycle_event === 'npx' && /^\W?reversal\b/.test(env.npm_lifecycle_script ?? '')
  const inBin = dirname(program).endsWith('node_modules/.bin') && basename(program) === 'reversal'
  const inClone = /^(run|dev)\.js$/.test(basename(program)) && !relative(ROOT, cwd).startsWith('..')
  return byNpx || inBin || inClone ? 'npx reversal' : 'reversal'
}

let name: string | undefined

/** One of our commands in a text, with its arguments, such as `reversal eval:run ft-1 --max-samples 3`. */
const COMMAND =
  /(?<![\w./-])(?:npx )?reversal (?:[a-z]+:[a-z]+|reproduce|autocomplete|plugins)\b(?: (?:--[\w-]+(?: (?!-)\S+)?|[A-Z_]{2,}|\S*[\d…/-]\S*))*/g

/** Makes the commands in a text start in the way in which the user started this one, so that they can be copied. */
export function withOwnName(text: string): string {
  name ??= nameOf({ program: process.argv[1], env: process.env, cwd: process.cwd() })
  const own = name
  return own === 'reversal'
    ? text
    : text.replaceAll(COMMAND, (command) => command.replace(/^(?:npx )?reversal/, own))
}

/** Never shown: replaces a space at which a line must not be broken. */
const HELD = '\u{E000}'

/** Wraps a text with `wrap` without breaking commands: copied from two lines, only half of one would run. */
export function keepingCommands(text: string, wrap: (text: string) => string): string {
  const held = withOwnName(text).replaceAll(COMMAND, (command) => command.replaceAll(' ', HELD))
  return wrap(held).replaceAll(HELD, ' ')
}
