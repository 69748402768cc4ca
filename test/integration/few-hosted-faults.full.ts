import { surviveFaults } from '../helpers/survive-faults.ts'

describe('an evaluation of a hosted model', () => {
  it('has the same result through throttling, failures, cuts, silence and kill -9', async () => {
    await surviveFaults({ prompts: 120, kills: 2, seed: 3 })
  })
})
