import { Config } from '@oclif/core'
import { expect } from 'chai'
import { sourceOptions } from '../../bin/source.ts'
import { runCommand } from '../helpers/run-command.ts'

describe('help', () => {
  it('has one form for all commands: summaries without capital and full stop', async () => {
    const config = await Config.load(await sourceOptions())
    await config.runHook('init', { argv: [], id: 'help' })
    const visible = config.commands.filter(({ hidden }) => !hidden)
    expect(visible.map(({ id }) => id)).to.include.members(['plugins:install', 'help', 'autocomplete'])
    for (const { id, pluginName, summary, flags } of visible) {
      expect(summary, id).to.match(/^(W&B|[^A-Z]).*[^.]$/)
      for (const [name, { summary, description }] of Object.entries(flags)) {
        const text = summary ?? description ?? 'none'
        expect(text, `${id} --${name}`).to.match(/[^.]$/)
        if (pluginName !== 'reversal') expect(text, `${id} --${name}`).to.match(/^[a-z]/)
      }
    }
  })

  it('shows a plugin’s command in that form', async () => {
    const { stdout } = await runCommand('plugins:uninstall', '--help')
    expect(stdout)
      .to.match(/^remove a plugin\n/)
      .and.to.include('plugin to uninstall')
    expect(stdout).not.to.include('Removes a plugin')
  })

  it('is that of the experiment where one is named', async () => {
    const { stdout } = await runCommand('reproduce', 'cures', '--help')
    expect(stdout).to.include('reproduce:cures [').and.to.include('--arms')
  })
})
