import { expect } from 'chai'
import { dateWarnings } from '../../../../src/lib/finetuning/openai/warnings.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const OPENAI = { baseUrl: 'https://api.openai.com/v1', name: 'OpenAI' }
const OWN = { baseUrl: 'http://127.0.0.1:8000/v1', name: 'http://127.0.0.1:8000/v1' }
const announced = {
  date: '2026-11-13',
  source: 'there',
  job_creation_ends: '2027-01-06',
  models: { [MODEL]: '2027-01-14' },
}

function warnings(server: typeof OPENAI, today: string, shutdownDate?: string) {
  const now = new Date(`${today}T12:00:00Z`)
  return dateWarnings({ model: MODEL, server, shutdownDate, announced, now })
}

describe('warnings of what ends soon', () => {
  it('name the day that the server tells', () => {
    expect(warnings(OWN, '2026-11-24', '2026-12-01')).to.deep.equal([
      `${MODEL} will be shut down on 2026-12-01, in 7 days, with all models fine-tuned on it (source: ${OWN.name}).`,
    ])
  })

  it('name the announced days where OpenAI itself tells none', () => {
    expect(warnings(OPENAI, '2026-11-24')).to.deep.equal([
      `${MODEL} will be shut down on 2027-01-14, in 51 days, with all models fine-tuned on it (source: OpenAI’s list of 2026-11-13).`,
      'OpenAI ends fine-tuning: from 2027-01-06 on, in 43 days, nobody can create jobs.',
    ])
    const [regional] = warnings({ baseUrl: 'https://eu.api.openai.com/v1', name: 'there' }, '2026-11-24')
    expect(regional).to.match(/2027-01-14/)
  })

  it('say so when a day has come', () => {
    expect(warnings(OPENAI, '2027-01-13')).to.deep.equal([
      `${MODEL} will be shut down on 2027-01-14, in 1 day, with all models fine-tuned on it (source: OpenAI’s list of 2026-11-13).`,
      'OpenAI has ended fine-tuning: since 2027-01-06 nobody can create jobs.',
    ])
    expect(warnings(OPENAI, '2027-02-01')[0]).to.match(/^\S+ was shut down on 2027-01-14, with all/)
  })

  it('are none for servers of others that tell nothing', () => {
    expect(warnings(OWN, '2026-11-24')).to.deep.equal([])
    const azure = { baseUrl: 'https://me.openai.azure.com/openai/v1', name: 'there' }
    expect(warnings(azure, '2026-11-24')).to.deep.equal([])
  })
})
