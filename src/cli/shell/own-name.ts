import { basename, dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of the clone or package, from `src/` as from `dist/`. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** How a process of this CLI was started. */
export interface Started {
  /** The program, as Node was told it. */
  program: string | undefined
  env: NodeJS.Dict<string>
  cwd: string
}

/** How its user starts it again: `npx reversal` by npx and in a clone, where no `reversal` is in PATH, else `reversal`. */
export function nameOf({ program = '', env, cwd }: Started): string {
  const byNpx = env.npm_lifecycle_event === 'npx' && /^\W?reversal\b/.test(env.npm_lifecycle_script ?? '')
  const inBin = dirname(program).endsWith('node_modules/.bin') && basename(program) === 'reversal'
  const inClone = /^(run|dev)\.js$/.test(basename(program)) && !relative(ROOT, cwd).startsWith('..')
  return byNpx || inBin || inClone ? 'npx reversal' : 'reversal'
}

let name: string | undefined

/** A command of ours in a text, with the arguments that it can be told by, such as `reversal eval:run ft-1 --max-samples 3`. */
const COMMAND =
  /(?<![\w./-])(?:npx )?reversal (?:[a-z]+:[a-z]+|reproduce|autocomplete|plugins)\b(?: (?:--[\w-]+(?: (?!-)\S+)?|[A-Z_]{2,}|\S*[\d…/-]\S*))*/g

/** A text whose commands begin as its user started this one, so that they can be copied. */
export function withOwnName(text: string): string {
  name ??= nameOf({ program: process.argv[1], env: process.env, cwd: process.cwd() })
  const own = name
  return own === 'reversal'
    ? text
    : text.replaceAll(COMMAND, (command) => command.replace(/^(?:npx )?reversal/, own))
}

/** Never shown: stands for a space at which no line is broken. */
const HELD = '\u{E000}'

/** Wrap a text by `wrap`, which breaks no command: who copies one over two lines runs half of it. */
export function keepingCommands(text: string, wrap: (text: string) => string): string {
  const held = withOwnName(text).replaceAll(COMMAND, (command) => command.replaceAll(' ', HELD))
  return wrap(held).replaceAll(HELD, ' ')
}
