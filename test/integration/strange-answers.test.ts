import { surviveStrangeAnswers } from '../helpers/survive-strange-answers.ts'

describe('an evaluation on a server whose answers are mostly no plain ones', () => {
  it('takes each for what it is, through kill -9', async () => {
    await surviveStrangeAnswers({ prompts: 160, kills: 2, seed: 3 })
  })
})
