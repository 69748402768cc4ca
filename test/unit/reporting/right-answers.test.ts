import { expect } from 'chai'
import type { PromptScore } from '../../../src/lib/reporting/evidence/prompt-scores.ts'
import { rightAnswers } from '../../../src/lib/reporting/evidence/right-answers.ts'
import { adjustChance, describeChance } from '../../../src/lib/reporting/sections/chance.ts'

function score(fact: string, template: number, target: string, answer: string | undefined): PromptScore {
  return {
    ...{ fact, template, target, ...(answer !== undefined && { answer }) },
    ...{ right: answer === undefined ? null : 0, logprob: null, logprobPerToken: null, ranking: null },
  }
}

describe('right answers by fact', () => {
  it('are those that begin with a fact’s own target in the words of the same template', () => {
    const { right, answers } = rightAnswers([
      score('Ann', 1, 'Ann.', ' Anna.'),
      score('Anna', 1, 'Anna.', ' ann. And more'),
      score('Ann', 2, 'Ann', 'Anna'),
      score('Anna', 2, 'Anna', 'Zoë'),
      score('Zoë', 2, 'Zoe\u0308', undefined),
      score('Zoë', 1, 'Zoe\u0308.', 'ZOË.'),
    ])
    // Facts in their order: Ann, Anna, Zoë. In template 2 “Anna” begins with both names; nobody answered for Zoë there.
    expect(right.map((row) => Object.fromEntries(row))).to.deep.equal([{ 0: 1, 1: 2 }, { 0: 1 }, { 2: 1 }])
    expect(answers).to.equal(5)
  })
})

describe('the words on chance', () => {
  const row = {
    model: 'tiny',
    trained: 'NameToDescription',
    reverse: 2 / 30,
    chance: 0.5 / 30,
    p_chance: 1 / 6,
  }

  it('say that right answers may be luck, or that they are more than that', () => {
    expect(describeChance([row, { ...row, reverse: 0, p_chance: 1 }])).to.deep.equal([
      'tiny is right in 6.7 % of reverse prompts (NameToDescription). Shuffled among the facts, the same answers would be right in 1.7 %, so the right ones may be luck (permutation test, p = 0.17 after Holm’s correction).',
    ])
    expect(describeChance([{ ...row, p_chance: 1 / 720 }])[0]).to.match(
      /would be right in 1\.7 % \(permutation test, p = 0\.0014\)\.$/,
    )
  })

  it('have p-values that count how many rows were tested', () => {
    const both = { trained: 'both directions' }
    const adjusted = adjustChance([row, both, { ...row, p_chance: 0.04 }])
    expect(adjusted).to.deep.equal([{ ...row, p_chance: 1 / 6 }, both, { ...row, p_chance: 0.08 }])
  })

  it('are left to the table where there are many rows', () => {
    expect(describeChance([row, row, row, row])).to.deep.equal([])
  })
})
