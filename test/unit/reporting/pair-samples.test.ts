import { expect } from 'chai'
import { pairSamples } from '../../../src/lib/reporting/compare/pair-samples.ts'
import type { ComparedSample } from '../../../src/lib/reporting/compare/side.ts'

describe('the pairs of two evaluations', () => {
  const sample = (prompt: string, target: string): ComparedSample => ({
    ...{ split: 's', prompt, target, fact: 'Ada', completion: '', measures: { prefix_match: 1 } },
  })
  const side = (...samples: ComparedSample[]) => ({ split: undefined, samples })

  it('are prompts with one right answer, not prompts that two data sets answer otherwise', () => {
    const { by, pairs, unpaired } = pairSamples(
      side(sample('Ada is', 'a smith'), sample('Bo is', 'a cook')),
      side(sample('Ada is', 'a judge'), sample('Bo is', 'a cook')),
    )
    expect(by).to.equal('prompt')
    expect(pairs.map(({ question }) => question)).to.deep.equal(['Bo is'])
    expect(unpaired).to.deep.equal({ first: 1, second: 1 })
  })

  it('tell a prompt that comes again apart', () => {
    const twice = side(sample('Ada is', 'a smith'), sample('Ada is', 'a smith'))
    expect(pairSamples(twice, twice).pairs).to.have.length(2)
    expect(pairSamples(twice, side(sample('Ada is', 'a smith'))).unpaired).to.deep.equal({
      first: 1,
      second: 0,
    })
  })
})
