import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Measure } from '../../datasets/celebrities/celebrity-results.ts'
import type { ParentChildPair } from '../../datasets/celebrities/pairs.ts'
import type { PromptOptions } from '../../datasets/celebrities/prompts.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import type { OptionValues } from '../../schemas/option-values.ts'
import { directoryNames, sha256 } from '../../support/files.ts'
import { EarlierAnswers } from '../earlier-answers.ts'
import { evaluationFiles, readSummary } from '../evaluation-folder.ts'
import { readJournal } from '../journal.ts'
import { celebritiesDescriptor } from './celebrities-descriptor.ts'

/** Options that choose pairs, or change how answers are judged, without changing any answer. */
const JUDGING: ReadonlySet<string> = new Set(['exact_names', 'limit'])

interface EarlierTestsOptions {
  model: LanguageModel
  pairs: readonly ParentChildPair[]
  measure: Measure
  prompts: PromptOptions
  samples: number
  seed: number
  /** Where tests of earlier versions keep their journals. */
  journals: string | undefined
  /** Folder of the model's evaluations. */
  directory: string
  /** The evaluator's current options. */
  evaluatorOptions: OptionValues
}

/** The model's answers to questions about pairs, asked in the same way, here or in a test of an earlier version. */
export async function earlierAnswers(options: EarlierTestsOptions): Promise<EarlierAnswers> {
  const { journals } = options
  const folders = [
    ...(journals === undefined ? [] : [join(journals, earlierId(options))]),
    ...(await likeEvaluations(options)),
  ]
  const samples = await Promise.all(folders.map((folder) => readJournal(evaluationFiles(folder).samples)))
  return new EarlierAnswers(samples.flat())
}

/** The evaluations that asked in the same way, whatever names counted. */
async function likeEvaluations({
  model,
  directory,
  evaluatorOptions,
}: EarlierTestsOptions): Promise<string[]> {
  const asking = (options: OptionValues) =>
    Object.fromEntries(Object.entries(options).filter(([name]) => !JUDGING.has(name)))
  const folders = (await directoryNames(directory))
    .filter((name) => name.startsWith(`${celebritiesDescriptor.name}-`))
    .map((name) => join(directory, name))
  const like = await Promise.all(
    folders.map(async (folder) => {
      const summary = await readSummary(evaluationFiles(folder).summary)
      if (summary === undefined || summary.model !== model.id) return false
      const { evaluator, arguments: given } = summary
      const { evaluator_options: told = {} } = given
      return (
        evaluator.name === celebritiesDescriptor.name &&
        isDeepStrictEqual(asking(told), asking(evaluatorOptions))
      )
    }),
  )
  return folders.filter((_, index) => like[index])
}

/** The folder of a test as earlier versions named it. */
function earlierId({ model, pairs, measure, prompts, samples, seed }: EarlierTestsOptions): string {
  const names = pairs.map(({ child, parent, parentType }) => [child, parent, parentType])
  const sampling = measure === 'answers' ? { samples, seed } : null
  return `test-${sha256(JSON.stringify([model.id, names, measure, prompts, sampling])).slice(0, 12)}`
}
