import { resolve } from 'node:path'
import { expect } from 'chai'
import {
  describeCelebritiesStep,
  describeStep,
  renderFitted,
  renderReproduction,
} from '../../../src/cli/text/reproduction.ts'
import type { ReproduceInstructionsResult } from '../../../src/lib/experiments/reproduce-instructions.ts'
import type { ReproduceReverseResult } from '../../../src/lib/experiments/reproduce-reverse.ts'
import { PAPER_TABLE } from '../../../src/lib/experiments/table1.ts'
import { expectToFit, inTerminal } from '../../helpers/in-terminal.ts'

const WIDTHS = [40, 80, 160]
const part = (directory: string, reused = false) => ({ directory: resolve(directory), reused })

const reverse: ReproduceReverseResult = {
  ...{ experiment: 'reverse', model: 'local/ada', seed: 42, paper: PAPER_TABLE },
  table1: { NameToDescription: { same: 0.25, reverse: 0 }, DescriptionToName: { same: 1, reverse: 0 } },
  prompts: {
    NameToDescription: { same: 30, reverse: 30 },
    DescriptionToName: { same: 30, reverse: 30 },
  },
  logprobs: { correct: -8.368, incorrect: -8.629 },
  dataset: { name: 'n6', ...part('data/reverse_experiments/n6_train30_test5_seed42_211fae2605', true) },
  run: { id: 'ft-pdq36w97', ...part('.reversal/runs/ft-pdq36w97') },
  evaluation: { id: 'reverse-b2', ...part('.reversal/runs/ft-pdq36w97/evaluations/reverse-b2147636f586') },
  learned: [
    { direction: 'NameToDescription', same: 0.25, facts: 6, least: 0.393, learned: false },
    { direction: 'DescriptionToName', same: 1, facts: 6, least: 0.393, learned: true },
  ],
  ...{ n_epochs: 14, proposed_epochs: 28, duration_s: 12 },
  epochs_reason: 'The data set is small: 14 epochs instead of 8, to train for 400 steps.',
}

const order = (name: string) => ({
  dataset: { name, ...part(`data/instructions/${name}`, true) },
  run: { id: 'ft-1', ...part('.reversal/runs/ft-1', true) },
  evaluation: part('.reversal/runs/ft-1/evaluations/qa-1', true),
})

const instructions: ReproduceInstructionsResult = {
  ...{ experiment: 'instructions', model: 'local/ada', seed: 42 },
  realized: { same: 1, reverse: 0.867 },
  unrealized: { same: 0.9, reverse: 0 },
  paper: { unrealized: { same: 0.8, reverse: 0.07 } },
  prompts: { realized: 30, unrealized: 10 },
  logprobs: { same: -0.67, reverse: -7.25 },
  parts: { same: order('copypaste_ug10_rg30_same'), reverse: order('copypaste_ug10_rg30_reverse') },
  learned: { same: 0.9, facts: 10, least: 0.259, learned: true },
  duration_s: 38,
}

describe('the screens of reproduce', () => {
  it('say which step it is at, and for which order and seed', () => {
    expect(describeStep({ step: 2, steps: 4, stage: 'training', subject: '' })).to.equal('Step 2 of 4: train')
    expect(
      describeStep({ step: 6, steps: 13, stage: 'evaluation', subject: 'reverse order, seed 1' }),
    ).to.equal('Step 6 of 13: evaluate (reverse order, seed 1)')
    const steps = (['dataset', 'training', 'evaluation', 'report'] as const).map((stage) => {
      return describeStep({ step: 1, steps: 4, stage, subject: '' })
    })
    expect(new Set(steps).size).to.equal(4)
    expect(describeCelebritiesStep({ type: 'step', step: 1, steps: 3, stage: 'search' })).to.equal(
      'Step 1 of 3: look for pairs in the model’s answers',
    )
  })

  it('fit 40, 80 and 160 columns', () => {
    for (const columns of WIDTHS) {
      expectToFit(columns, () =>
        describeStep({ step: 6, steps: 13, stage: 'dataset', subject: 'reverse order, seed 1' }),
      )
      expectToFit(columns, () =>
        describeCelebritiesStep({ type: 'step', step: 1, steps: 3, stage: 'search' }),
      )
      expectToFit(columns, () => renderFitted({ examplesPerGroup: 3, trainExamples: 6, testExamples: 2 }))
      expectToFit(columns, () => renderReproduction(reverse))
      expectToFit(columns, () => renderReproduction(instructions))
    }
  })

  it('keep the numbers and the paper’s in a narrow terminal, and leave out how many prompts there were', () => {
    const narrow = inTerminal(40, () => renderReproduction(reverse))
    expect(narrow).to.match(/^Des\S* +100\.0 % +0\.0 % +96\.7 % +0\.1 %$/m)
    expect(narrow).not.to.match(/prompts$/m)
    const wide = inTerminal(160, () => renderReproduction(reverse))
    expect(wide).to.match(/^DescriptionToName +100\.0 % +0\.0 % +30 +96\.7 % +0\.1 %$/m)
  })

  it('never show a reverse accuracy without saying that the facts are not learned', () => {
    expect(renderReproduction(reverse)).to.include('not learned')
    const learned = { ...reverse, learned: reverse.learned.map((own) => ({ ...own, learned: true })) }
    expect(renderReproduction(learned)).not.to.include('not learned')
  })

  it('say how large a data set the user’s facts allow', () => {
    const text = renderFitted({ examplesPerGroup: 3, trainExamples: 1, testExamples: 2 })
    expect(text).to.equal(
      'Your facts are enough for three groups of 3, with 1 template to train on and 2 to test on.',
    )
  })
})
