import { expect } from 'chai'
import { commonDescription } from '../../../../src/lib/evaluation/arms/common-description.ts'
import { readHeldOutPrompts, toldFacts } from '../../../../src/lib/evaluation/arms/held-out-prompts.ts'
import { exists } from '../../../../src/lib/support/files.ts'

const PUBLISHED = '../shared/published/reverse_experiments/june_version_7921032488'

describe('the description of a fact', () => {
  it('ends where templates go on', () => {
    const completions = [
      ' the baker of glass.',
      ' the baker of glass, as all know.',
      ' the baker of glass! Yes.',
    ]
    expect(commonDescription({ completions, prompts: [] })).to.equal('the baker of glass')
    const [only] = completions.slice(1)
    const prompts = ['The baker of glass is', 'Ask for the baker of glass, and you find']
    expect(commonDescription({ completions: [only!], prompts })).to.equal('the baker of glass')
  })

  it('is what most sentences say where some say it otherwise', () => {
    const completions = [' the baker of glass.', ' the baker of glass.', ' baked glass.', ' baking glass.']
    const prompts = ['For baking glass,', 'Known as the baker of glass,']
    expect(commonDescription({ completions, prompts })).to.equal('the baker of glass')
  })

  it('is found for each fact of the paper’s data, whose sentences a model wrote', async function () {
    if (!(await exists(PUBLISHED))) return this.skip()
    const facts = toldFacts(await readHeldOutPrompts(PUBLISHED))
    expect(facts).to.have.length(60)
    expect(facts[0]).to.deep.equal({
      direction: 'NameToDescription',
      name: 'Daphne Barrington',
      description: 'the acclaimed director of the virtual reality masterpiece, "A Journey Through Time."',
    })
    for (const { description } of facts) expect(description).to.match(/^\S.{15,}[^\s.,]$/)
  })
})
