import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

describe('completion in bash, without the package bash-completion', () => {
  let cache: string

  before(async function () {
    if (spawnSync('bash', ['--version']).error) {
      console.log('      skipped: there is no bash here')
      this.skip()
    }
    cache = await mkdtemp(join(tmpdir(), 'completion-'))
    const env = { ...process.env, REVERSAL_CACHE_DIR: cache }
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'autocomplete', 'bash'], {
      env,
      encoding: 'utf8',
    })
    expect(status, stderr).to.equal(0)
  })
  after(() => cache && rm(cache, { recursive: true }))

  const cases: [typed: string, words: string[], answers: string[]][] = [
    [
      'reversal eva',
      ['reversal', 'eva'],
      ['eval:collect', 'eval:compare', 'eval:list', 'eval:report', 'eval:run'],
    ],
    ['reversal eval:r', ['reversal', 'eval', ':', 'r'], ['report', 'run']],
    ['reversal runs:list --fil', ['reversal', 'runs', ':', 'list', '--fil'], ['--filter']],
  ]
  for (const [typed, words, answers] of cases) {
    it(`completes ${typed}`, () => {
      const script = `
        source "$1/autocomplete/functions/bash/reversal.bash" && shift
        COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
        COMP_LINE=$1 COMP_POINT=\${#1} && shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _reversal_autocomplete
        printf '%s\\n' "\${COMPREPLY[@]}"`
      const argv = ['--norc', '--noprofile', '-c', script, 'bash', cache, typed, ...words]
      const { stdout, stderr } = spawnSync('bash', argv, { encoding: 'utf8' })
      expect(stderr).to.equal('')
      expect(stdout.trim().split('\n').sort()).to.deep.equal(answers)
    })
  }
})
