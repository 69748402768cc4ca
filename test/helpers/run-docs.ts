import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A fenced block of a page: its language, the words after it, its text and the line on which it begins. */
export interface Block {
  language: string
  notes: string
  text: string
  line: number
}

export async function readBlocks(page: string): Promise<Block[]> {
  const source = await readFile(join(ROOT, page), 'utf8')
  return Array.from(
    source.matchAll(/^```(\w*) ?(.*)\n([\s\S]*?)^```$/gm),
    ({ 1: language, 2: notes, 3: text, index }) => ({
      language: language!,
      notes: notes!.trim(),
      text: text!,
      line: source.slice(0, index).split('\n').length,
    }),
  )
}

/**
 * A folder in which the blocks of one page run in order, with the built `reversal` in PATH and without any of the
 * user's settings.
 */
export class DocsFolder {
  readonly path: string
  readonly #env: NodeJS.ProcessEnv

  private constructor(path: string) {
    this.path = join(path, 'work')
    const { REVERSAL_HOME: _, ...env } = process.env
    this.#env = {
      ...env,
      PATH: [join(path, 'bin'), env.PATH].join(delimiter),
      REVERSAL_CACHE_DIR: join(path, 'cache'),
    }
  }

  static async open(): Promise<DocsFolder> {
    const path = await mkdtemp(join(tmpdir(), 'docs-'))
    for (const name of ['bin', 'work']) await mkdir(join(path, name))
    const program = join(path, 'bin/reversal')
    await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"\n`)
    await chmod(program, 0o755)
    return new DocsFolder(path)
  }

  /**
   * Runs the lines of a block, without the prompt `$ ` and with real runs for RUN_ID and OTHER_RUN_ID. Throws with
   * their whole output if one fails.
   */
  run({ text, line }: Pick<Block, 'text' | 'line'>): string {
    const commands = text.replaceAll(/^\$ /gm, '').replaceAll(/\b(OTHER_)?RUN_ID\b/g, (_, other) => {
      const [first, second] = readdirSync(join(this.path, '.reversal/runs')).sort()
      return (other ? second : first)!
    })
    const script = `set -e\n${commands}`
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      cwd: this.path,
      env: this.#env,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`the block on line ${line}: exit code ${status}\n${stdout}${stderr}`)
    return stdout
  }

  async close(): Promise<void> {
    await rm(join(this.path, '..'), { recursive: true })
  }
}

/** Lines of an output without what differs from machine to machine and run to run: numbers, names, widths. */
export function shapeOf(output: string): string[] {
  return output
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\b(ft|reverse|qa)-[a-z0-9]+/g, '$1-ID')
        .replaceAll(/−?\d[\d.,]*/g, '#')
        .replaceAll(/ +/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '' && line !== '…')
}
