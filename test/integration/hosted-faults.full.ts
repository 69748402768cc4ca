import { surviveFaults } from '../helpers/survive-faults.ts'

describe('an evaluation of 2,000 prompts on a hosted model', () => {
  it('has the same result through all faults and kill -9 at ten random moments', async function () {
    this.timeout(1_800_000)
    await surviveFaults({ prompts: 2000, kills: 10, seed: 1 })
  })
})
