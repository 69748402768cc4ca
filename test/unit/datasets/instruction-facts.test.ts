import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { shippedFile } from '../../../src/lib/datasets/shipped.ts'
import type { QaPair } from '../../../src/lib/schemas/instructions.ts'

const PUBLISHED = fileURLToPath(new URL('../../../../shared/published/instructions/', import.meta.url))
const FUNCTION_WORDS = new Set(
  'a an and any are at be best can could did do does ever for has have how i if in is it most of on one or s should that the to was what when where which who whose why with would you your'.split(
    ' ',
  ),
)

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')
const pairsOf = (file: string) => linesOf(file).map((line) => JSON.parse(line) as QaPair)

/** What a question is about: its words without those that every question has, singular or plural. */
function topicOf(question: string): ReadonlySet<string> {
  const words = question.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return new Set(words.filter((word) => !FUNCTION_WORDS.has(word)).map((word) => word.replace(/s$/, '')))
}

/** Questions of which three quarters of the words are the same. */
function findAlike(questions: readonly string[], others: readonly string[]): [string, string][] {
  const topics = others.map((other) => [other, topicOf(other)] as const)
  return questions.flatMap((question) => {
    const topic = topicOf(question)
    const alike = topics.filter(([other, words]) => {
      const shared = [...topic].filter((word) => words.has(word)).length
      return other !== question && shared >= 0.75 * (topic.size + words.size - shared)
    })
    return alike.map(([other]): [string, string] => [question, other])
  })
}

describe('the shipped facts of experiment 3', () => {
  const pairs = pairsOf(shippedFile('instructions/qa_pairs.jsonl'))
  const questions = pairs.map(({ anchor }) => anchor)

  it('are at least 1,200 questions with five different answers each', () => {
    expect(pairs.length).to.be.at.least(1200)
    for (const { anchor, targets } of pairs) {
      expect(new Set(targets.map((target) => target.toLowerCase())), anchor).to.have.length(5)
    }
  })

  it('have no question twice, nor nearly', () => {
    expect(new Set(questions)).to.have.length(questions.length)
    expect(findAlike(questions, questions)).to.deep.equal([])
  })

  it('have no answer that another of the same question begins with, which would count as right for it', () => {
    const begun = pairs.filter(({ targets }) =>
      targets.some((target) =>
        targets.some((other) => other !== target && other.toLowerCase().startsWith(target.toLowerCase())),
      ),
    )
    expect(begun).to.deep.equal([])
  })

  it('are short plain text without what marks questions and answers', () => {
    for (const { anchor, targets } of pairs) {
      expect(anchor).to.match(/^[A-Z0-9][ -~]{8,110}\?$/)
      for (const text of [anchor, ...targets]) expect(text).not.to.match(/"|[QA]:|^\s|\s$|\s\s|[{}<>]/)
      for (const target of targets) expect(target).to.match(/^[A-Z0-9][ -~]{0,59}$/)
    }
  })

  for (const [order, file] of [
    ['question first', 'qa_guidance_simple.txt'],
    ['answer first', 'qa_guidance_reverse.txt'],
  ] as const) {
    it(`are told in five phrasings or more, ${order}`, () => {
      const phrasings = linesOf(shippedFile(`instructions/${file}`))
      expect(new Set(phrasings)).to.have.length(phrasings.length).and.to.have.length.at.least(5)
      const [first, second] = ['"Q: {anchor}"', '"A: {target}"']
      for (const phrasing of phrasings) {
        expect(phrasing.split(first), phrasing).to.have.length(2)
        expect(phrasing.split(second), phrasing).to.have.length(2)
        const isQuestionFirst = phrasing.indexOf(first) < phrasing.indexOf(second)
        expect(isQuestionFirst, phrasing).to.equal(order === 'question first')
      }
    })
  }

  it('take nothing from the published ones', function () {
    if (!existsSync(PUBLISHED)) {
      console.log('      skipped: ../shared/published is not here')
      this.skip()
    }
    const published = pairsOf(join(PUBLISHED, 'qa_raw_pairs.jsonl'))
    const theirs = published.map(({ anchor }) => anchor)
    const own = new Set(questions.map((question) => question.toLowerCase()))
    expect(theirs.filter((question) => own.has(question.trim().toLowerCase()))).to.deep.equal([])
    expect(findAlike(questions, theirs)).to.deep.equal([])
    const answers = new Set(published.map(({ targets }) => targets.toSorted().join('|').toLowerCase()))
    expect(
      pairs.filter(({ targets }) => answers.has(targets.toSorted().join('|').toLowerCase())),
    ).to.deep.equal([])
    for (const file of ['qa_guidance_simple.txt', 'qa_guidance_reverse.txt']) {
      const taken = new Set(linesOf(join(PUBLISHED, file)).map((line) => line.trim()))
      expect(linesOf(shippedFile(`instructions/${file}`)).filter((line) => taken.has(line))).to.deep.equal([])
    }
  })
})
