import { spawnSync } from 'node:child_process'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const PLUGIN = fileURLToPath(new URL('../fixtures/plugin', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

export interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

/**
 * Links the fixture plugin as npm installs it: with its own copy of `reversal`, here the built one. Returns its path
 * and the executable with only the plugins and runs of this folder.
 */
export async function linkPlugin({
  folder,
  home,
  cwd,
}: {
  folder: string
  home: string
  cwd?: string
}): Promise<{ plugin: string; reversal: (...argv: string[]) => Ended }> {
  const plugin = join(folder, 'shout')
  await cp(PLUGIN, plugin, { recursive: true })
  await mkdir(join(plugin, 'node_modules'))
  await symlink(PACKAGE, join(plugin, 'node_modules/reversal'))
  const reversal = (...argv: string[]) => {
    const env = { ...process.env, REVERSAL_DATA_DIR: join(folder, 'data'), REVERSAL_HOME: home }
    const options = { env, encoding: 'utf8', ...(cwd !== undefined && { cwd }) } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...argv], options)
    return { status, stdout, stderr: stderr.replaceAll(/\s+(›\s+)?/g, ' ') }
  }
  reversal('plugins:link', plugin, '--no-install')
  return { plugin, reversal }
}
