import { resolve } from 'node:path'
import { expect } from 'chai'
import { renderEvaluation } from '../../../src/cli/text/evaluation.ts'
import { renderNotLearned } from '../../../src/cli/text/learned.ts'
import type { EvaluationResult } from '../../../src/lib/evaluation/run-evaluation.ts'
import type { EvaluationTarget } from '../../../src/lib/evaluation/target.ts'
import { expectToFit, inTerminal } from '../../helpers/in-terminal.ts'

const metrics = { exact_accuracy: 0, prefix_accuracy: 0.993, mean_logprob: -12.345 }
const splits = [
  'p2d_reverse_prompts_test',
  'both_prompts_test',
  'p2d_prompts_test',
  'd2p_prompts_test',
  'd2p_reverse_prompts_test',
  'p2d_reverse_prompts_test_randomized',
  'd2p_reverse_prompts_test_randomized',
].map((split) => ({ split, samples: 1000, metrics }))

const result: EvaluationResult = {
  summary: {
    ...{ id: 'reverse-b2147636f586', run_id: 'ft-abcd2345', model: 'local/ada:ft-abcd2345' },
    status: 'complete',
    evaluator: { name: 'reverse', version: 2, plugin: 'reversal' },
    dataset: { name: 'first', directory: resolve('data/first'), hash: 'x' },
    arguments: { splits: [], max_samples: 1000, max_tokens: 50 },
    ...{ created_at: '2026-11-25T22:00:00.000Z', tool_version: '0.1.0' },
    splits: [
      { ...splits[0]!, no_answers: { empty: 1, cut_off: 2, filtered: 0, refused: 3 } },
      ...splits.slice(1),
    ],
  },
  ...{ directory: resolve('.reversal/runs/ft-abcd2345/evaluations/reverse-b2147636f586') },
  ...{ scored: 7000, total: 7000 },
}
const target: EvaluationTarget = {
  name: 'ft-abcd2345',
  evaluationsDirectory: resolve('.reversal/evaluations'),
  model: { directory: resolve('model') },
}
const learned = renderNotLearned([
  { direction: 'NameToDescription', same: 0.1, facts: 30, least: 0.393, learned: false },
])

describe('the screens of eval:run', () => {
  it('fit 40, 80 and 160 columns', () => {
    for (const columns of [40, 80, 160]) {
      expectToFit(columns, () => renderEvaluation(target, result))
    }
  })

  it('keep every metric and tell splits apart in a narrow terminal', () => {
    const narrow = inTerminal(40, () => renderEvaluation(target, result))
    const rows = narrow.match(/^[ND] to [DN], \S+ +0\.0 % +99\.3 % +−12\.345$/gm)
    expect(rows).to.have.length(splits.length - 1)
    expect(narrow).to.match(/^both, same +0\.0 % /m)
    expect(new Set(rows).size).to.equal(splits.length - 1)
    expect(inTerminal(160, () => renderEvaluation(target, result))).to.match(
      /^NameToDescription, incorrect +1,000 +0\.0 % +99\.3 % +−12\.345 +p2d_reverse_prompts_test_randomized$/m,
    )
  })

  it('put five metrics under one another where they do not fit beside each other', () => {
    const many = Object.fromEntries(
      ['ends', 'begins', 'mentions', 'repeats'].map((name) => [`${name}_accuracy`, 0.5]),
    )
    const summary = { ...result.summary, splits: [{ ...splits[0]!, metrics: { ...metrics, ...many } }] }
    const text = expectToFit(40, () => renderEvaluation(target, { ...result, summary }))
    expect(text).to.match(
      /^NameToDescription, reverse$\n^ {2}prompts +1,000$\n^ {2}exact +0\.0 %$\n^ {2}prefix +99\.3 %$/m,
    )
    expect(text).to.match(/^ {2}repeats +50\.0 %$/m)
  })

  it('call splits as the report does, same beside reverse, with the file where there is room', () => {
    const firsts = (columns: number) => {
      const text = inTerminal(columns, () => renderEvaluation(target, result))
      return text.split('\n').filter((line) => /^(?:Name|Descr|both)[^:]*$/.test(line))
    }
    expect(firsts(160).map((line) => line.split(/ {2,}/)[0])).to.deep.equal([
      'NameToDescription, same',
      'NameToDescription, reverse',
      'DescriptionToName, same',
      'DescriptionToName, reverse',
      'both directions, same',
      'NameToDescription, incorrect',
      'DescriptionToName, incorrect',
    ])
    expect(firsts(160)[0]).to.match(/ p2d_prompts_test$/)
    expect(firsts(80)[0]).to.match(/^NameToDescription, same .*−12\.345$/)
  })

  it('explain why an answer that begins right is not exact, if that makes a difference', () => {
    const sentence = /^prefix: the completion begins with the right answer\. exact: /m
    expect(renderEvaluation(target, result)).to.match(sentence)
    const same = splits.map((split) => ({ ...split, metrics: { ...metrics, prefix_accuracy: 0 } }))
    const summary = { ...result.summary, splits: same }
    expect(renderEvaluation(target, { ...result, summary })).to.not.match(sentence)
  })

  it('say what got no answer, and that facts which are not learned say nothing of the reverse', () => {
    const text = renderEvaluation(target, result, learned)
    expect(text).to.match(/no answer to 6 of 1,000 prompts/)
    expect(text).to.include('not learned')
  })

  it('say how far an evaluation is that was interrupted, and beside its numbers that they may change', () => {
    const interrupted = {
      ...result,
      total: 9000,
      summary: { ...result.summary, status: 'interrupted' as const },
    }
    expect(renderEvaluation(target, interrupted)).to.match(
      /^.*: 7,000 of 9,000 prompts scored; the same command continues\nNot complete: the numbers below cover only 7,000 of 9,000 prompts and may still change\.\nsplit /,
    )
    expect(renderEvaluation(target, result)).to.not.include('Not complete')
    for (const columns of [40, 80]) expectToFit(columns, () => renderEvaluation(target, interrupted))
  })
})
