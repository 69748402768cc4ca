import { readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'

describe('finetune:start where little is named', () => {
  const folder = inOwnFolder('defaults-', { each: true })

  const place = (name: string) => join(folder(), 'data/reverse_experiments', name)

  it('trains on the newest data set, says which, and tags the run so that eval:run finds it', async () => {
    await writeTinyDataset(place('older'))
    await writeTinyDataset(place('newer'))
    const { stderr } = await runCommand('finetune:start', '--n-epochs', '1')
    expect(stderr).to.match(
      /^Training on newer, the newest data set in data\/, beside 1 other\. Use --dataset-name to choose another\.$/m,
    )
    const { evaluations } = await runJson<EvalRunResult>('eval:run')
    expect(evaluations.map(({ dataset }) => dataset.name)).to.deep.equal(['newer'])
  })

  it('leaves the tag out where --no-tag or another --tag is given', async () => {
    await writeTinyDataset(place('one'))
    const tagsOf = async (...argv: string[]) =>
      (await runJson<FinetuneStartResult>('finetune:start', '--n-epochs', '1', ...argv)).runs[0]?.tags
    expect(await tagsOf()).to.deep.equal(['eval'])
    expect(await tagsOf('--no-tag')).to.deep.equal([])
    expect(await tagsOf('--tag', 'mine')).to.deep.equal(['mine'])
  })

  const refusals: [argv: string[], message: RegExp][] = [
    [['--model-name', 'adda'], /^There is no data set in data\/ yet, and local has no model adda\.$/],
    [['--dry-run'], /^The estimate needs a data set, and there is none in data\/ yet\.$/],
  ]
  for (const [argv, message] of refusals) {
    it(`makes no data set for ${argv.join(' ')}`, async () => {
      const { error } = await runCommand('finetune:start', ...argv)
      expect(error?.message).to.match(message)
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
      expect(await readdir(folder())).to.deep.equal([])
    })
  }

  it('finds data sets behind links', async () => {
    await writeTinyDataset(join(folder(), 'elsewhere/linked'))
    await writeTinyDataset(place('old'))
    await symlink(join(folder(), 'elsewhere/linked'), place('linked'))
    const { stderr } = await runCommand('finetune:start', '--dry-run')
    expect(stderr).to.match(/^Training on (linked|old), .* beside 1 other/m)
  })
})
