import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { answerPrices, loadPrices, trainingPrice } from '../../../../src/lib/models/openai/prices.ts'
import { announcedShutdown, loadShutdowns } from '../../../../src/lib/models/openai/shutdowns.ts'
import { failure } from '../../../helpers/failure.ts'

const DATA = fileURLToPath(new URL('../../../../data/', import.meta.url))

describe('prices of models', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prices-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('are found by the name, dated or not, of a base or of what was fine-tuned on it', async () => {
    const table = await loadPrices()
    for (const name of ['gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini', 'ft:gpt-4.1-mini-2025-04-14:me::1'])
      expect(trainingPrice(table, name)).to.equal(5)
    expect(answerPrices(table, 'gpt-4.1-mini')).to.deep.equal({ input: 0.4, output: 1.6 })
    expect(answerPrices(table, 'ft:gpt-4.1-mini-2025-04-14:me::1')).to.deep.equal({
      input: 0.8,
      output: 3.2,
    })
    expect(answerPrices(table, 'gpt-5.4-2026-03-05')?.input).to.equal(2.5)
  })

  it('are unknown, not zero, for models that the table does not have', async () => {
    const table = await loadPrices()
    for (const name of ['gpt-4', 'gpt-5.4', 'llama', 'constructor', 'ft:gpt-5.4:me::1'])
      expect(trainingPrice(table, name)).to.equal(undefined)
    expect(answerPrices(table, 'davinci-002')).to.equal(undefined)
  })

  it('come from the user’s own file where there is one, which is checked', async () => {
    const file = join(folder, 'prices.json')
    const own = { date: '2026-12-01', source: 'my contract', models: { m: { fine_tuned: { training: 1 } } } }
    await writeFile(file, JSON.stringify(own))
    expect(trainingPrice(await loadPrices(file), 'm')).to.equal(1)
    await writeFile(file, JSON.stringify({ ...own, models: { m: { training: -1 } } }))
    const bad = await failure(loadPrices(file))
    expect(bad).to.include({ code: 'BAD_PRICES', exit: 2 })
    expect(bad.message).to.match(/prices\.json is damaged: "models\.m\.\w+" is not a known field/)
    expect((await failure(loadPrices(join(folder, 'none.json')))).message).to.match(/^There is no file /)
  })
})

describe('announced shutdowns', () => {
  it('hold for a model, its undated name and what was fine-tuned on it', async () => {
    const list = await loadShutdowns()
    for (const name of ['gpt-4.1-2025-04-14', 'gpt-4.1', 'ft:gpt-4.1-2025-04-14:me:x:1'])
      expect(announcedShutdown(list, name)).to.equal('2027-01-14')
    expect(announcedShutdown(list, 'gpt-4.1-nano-2025-04-14')).to.equal('2026-10-23')
    expect(announcedShutdown(list, 'gpt-6-luna')).to.equal(undefined)
    expect(list.job_creation_ends).to.equal('2027-01-06')
  })

  it('and prices are dated in the names of their files', async () => {
    for (const folder of ['prices', 'shutdowns']) {
      const names = await readdir(join(DATA, folder))
      expect(names).to.have.length(1)
      const { date } = folder === 'prices' ? await loadPrices() : await loadShutdowns()
      expect(names[0]).to.equal(`openai-${date.slice(0, 7)}.json`)
    }
  })
})
