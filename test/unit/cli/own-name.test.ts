import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { keepingCommands, nameOf } from '../../../src/cli/shell/own-name.ts'
import { wrapText } from '../../../src/cli/text/table.ts'

const CLONE = fileURLToPath(new URL('../../..', import.meta.url))

describe('hints', () => {
  it('begin as the user began: npx reversal by npx and in a clone, else reversal', () => {
    const env = { npm_lifecycle_event: 'npx', npm_lifecycle_script: 'reversal eval:run' }
    const elsewhere = '/home/ada'
    expect(nameOf({ program: '/cache/_npx/1/reversal', env, cwd: elsewhere })).to.equal('npx reversal')
    const bin = '/home/ada/node_modules/.bin/reversal'
    expect(nameOf({ program: bin, env: {}, cwd: elsewhere })).to.equal('npx reversal')
    const script = `${CLONE}bin/run.js`
    expect(nameOf({ program: script, env: {}, cwd: `${CLONE}docs` })).to.equal('npx reversal')
    expect(nameOf({ program: script, env: {}, cwd: elsewhere })).to.equal('reversal')
    expect(nameOf({ program: '/usr/local/bin/reversal', env: {}, cwd: CLONE })).to.equal('reversal')
    const other = { npm_lifecycle_event: 'npx', npm_lifecycle_script: 'mocha test' }
    expect(nameOf({ program: '/x/mocha', env: other, cwd: CLONE })).to.equal('reversal')
  })

  it('keep a command in one line, which is copied whole', () => {
    const told = [
      [
        'Train longer: reversal finetune:start … --n-epochs 40; or on more facts, which need less.',
        'reversal finetune:start … --n-epochs 40;',
      ],
      ['ft-ab12 is not evaluated: run reversal eval:run ft-ab12.', 'reversal eval:run ft-ab12'],
      [
        'Train on it: reversal finetune:start --dataset-name first and then wait.',
        'reversal finetune:start --dataset-name first',
      ],
      ['Tag one: reversal runs:tag RUN_ID TAG_OF_YOURS', 'reversal runs:tag RUN_ID TAG_OF_YOURS'],
    ]
    for (const [text, command] of told) {
      expect(
        wrapText(text!, 24)
          .split('\n')
          .some((line) => line.includes(command!)),
        text!,
      ).to.equal(true)
    }
    expect(wrapText('The reversal gap is what the report says it is.', 12).split('\n')).to.have.length(4)
    expect(keepingCommands('no command', (text) => text.toUpperCase())).to.equal('NO COMMAND')
  })
})
