import { surviveStrangeAnswers } from '../helpers/survive-strange-answers.ts'

describe('an evaluation of 500 prompts on a server whose answers are mostly no plain ones', () => {
  it('takes each for what it is, through kill -9 at ten random moments', async function () {
    this.timeout(1_800_000)
    await surviveStrangeAnswers({ prompts: 500, kills: 10, seed: 1 })
  })
})
