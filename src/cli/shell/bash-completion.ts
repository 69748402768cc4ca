import { join } from 'node:path'
import type { Interfaces } from '@oclif/core'
import { readTextIfExists, writeAtomic } from '../../lib/support/files.ts'

/**
 * Lines of the plugin's script that call the package bash-completion, and replacements in plain bash. bash
 * splits words at colons, so the word to complete is read from the line, and its part before the last colon
 * is cut off the answers.
 */
const REPLACEMENTS = [
  [
    '_get_comp_words_by_ref -n : cur',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash expands it
    'cur="${COMP_LINE:0:COMP_POINT}"; cur="${cur##*[[:space:]]}"',
  ],
  [
    '__ltrim_colon_completions "$cur"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash expands it
    'if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}"); fi',
  ],
] as const

/** Makes the bash completions of the autocomplete plugin work without the package bash-completion. */
export async function freeBashCompletion({
  bin,
  cacheDir,
}: Pick<Interfaces.Config, 'bin' | 'cacheDir'>): Promise<void> {
  const path = join(cacheDir, 'autocomplete/functions/bash', `${bin}.bash`)
  const script = await readTextIfExists(path)
  if (script === undefined) return
  const free = REPLACEMENTS.reduce((text, [call, own]) => text.replace(call, () => own), script)
  if (free !== script) await writeAtomic(path, free)
}
