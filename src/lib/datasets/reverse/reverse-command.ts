import { commandLine } from '../../support/command-line.ts'
import type { FactFiles } from './facts.ts'
import type { ReverseOptions } from './generate.ts'

/** The command that makes a data set of experiment 1, for its manifest. */
export function reverseCommand(
  { examplesPerGroup, trainExamples, testExamples, seed }: ReverseOptions,
  factFiles: { [Kind in keyof FactFiles]?: string | undefined } = {},
): string {
  return commandLine('dataset:reverse', {
    flags: {
      'num-examples-per-group': examplesPerGroup,
      'num-train-examples': trainExamples,
      'num-test-examples': testExamples,
      seed,
      names: factFiles.names,
      descriptions: factFiles.descriptions,
      'p2d-templates': factFiles.p2dTemplates,
      'd2p-templates': factFiles.d2pTemplates,
    },
  })
}
