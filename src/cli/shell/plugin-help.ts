import type { Command, Interfaces } from '@oclif/core'

interface Text {
  summary: string
  description?: string
}

/** Summaries of oclif's own commands, in the style of the other commands. */
const TEXTS: Record<string, Text> = {
  autocomplete: {
    summary: 'set up Tab completion for bash or zsh',
    description: 'Prints the line for your shell’s start-up file and writes the completions.',
  },
  help: { summary: 'show help for a command' },
  plugins: { summary: 'list installed plugins' },
  'plugins:inspect': { summary: 'show a plugin’s location and dependencies' },
  'plugins:install': {
    summary: 'install a plugin from the npm registry, a URL or GitHub',
    description:
      'npm installs it. A plugin that you install replaces one of the same name that comes with reversal. REVERSAL_NPM_LOG_LEVEL sets npm’s log level, REVERSAL_NPM_REGISTRY its registry.',
  },
  'plugins:link': {
    summary: 'use a plugin from a folder, while you develop it',
    description: 'Its commands replace those of the same name.',
  },
  'plugins:reset': { summary: 'remove all installed and linked plugins' },
  'plugins:uninstall': { summary: 'remove a plugin' },
  'plugins:update': { summary: 'update installed plugins' },
}

/** Puts the help of oclif's own commands, and of the flag `--json` that it adds to ours, into the form of the others. */
export function restylePluginHelp({
  commands,
  topics,
  pjson,
}: Pick<Interfaces.Config, 'commands' | 'topics' | 'pjson'>): void {
  const texts = new Map(Object.entries(TEXTS))
  for (const { id, aliases } of commands) {
    const text = TEXTS[id]
    if (text) for (const alias of aliases) texts.set(alias, text)
  }
  for (const topic of topics) {
    const text = TEXTS[topic.name]
    if (text && !pjson.oclif.topics?.[topic.name]) topic.description = text.summary
  }
  for (const command of commands) {
    const { json } = command.flags
    if (json) json.description = 'print one JSON object and nothing else'
    const text = texts.get(command.id)
    if (text && command.pluginName?.startsWith('@oclif/')) restyle(command, text)
  }
}

function restyle(command: Command.Loadable, { summary, description }: Text): void {
  Object.assign(command, { summary, description })
  for (const part of [...Object.values(command.flags), ...Object.values(command.args)]) {
    if (part.description) part.description = plain(part.description)
    if ('summary' in part && part.summary) part.summary = plain(part.summary)
  }
}

/** A sentence as a label: no capital, no full stop. */
function plain(text: string): string {
  return text.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
}
