import { basename, join } from 'node:path'
import { TRAINING_FILE, VALIDATION_FILE } from '../../datasets/find-dataset.ts'
import type { Evaluator } from '../../evaluation/evaluator.ts'
import { DEFAULT_MAX_SAMPLES, fromArguments } from '../../evaluation/question.ts'
import type { ProviderDescriptor } from '../../finetuning/provider.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { commandLine } from '../../support/command-line.ts'
import type { Registry } from '../../support/registry.ts'
import type { ComparedFile, RunEvidence } from '../evidence/evidence.ts'
import { DEFAULT_MARGIN } from './figure4.ts'
import { hostedEvaluationFlags } from './hosted-flags.ts'

export interface CommandsOptions {
  /** Say which flags make a run again. */
  providers: Registry<ProviderDescriptor>
  name: string
  celebrities: readonly ComparedFile[]
  celebritiesCommand?: string | undefined
  margin: number
}

/** From facts to this report. New runs get new IDs, so they are found again by a tag. */
export function commandsFor(
  runs: readonly RunEvidence[],
  { providers, name, celebrities, celebritiesCommand, margin }: CommandsOptions,
): string[] {
  const datasets = runs.flatMap(({ manifest }) => manifest?.command ?? [])
  const training = runs.map(({ run }) => trainingCommand(run, { providers, tag: name }))
  const evaluations = runs.flatMap(({ run, evaluations: own, evaluators }) =>
    own.map((summary) =>
      evaluationCommand(summary, { run, evaluator: evaluators?.get(summary.id), tag: name }),
    ),
  )
  const report = commandLine('eval:report', {
    flags: {
      tag: name,
      celebrities: celebrities.map(({ file }) => file),
      ...(margin !== DEFAULT_MARGIN && { margin }),
    },
  })
  const asked = celebritiesCommand === undefined ? [] : [celebritiesCommand]
  return [...new Set([...datasets, ...training, ...evaluations, ...asked, report])]
}

function trainingCommand(
  run: RunRecord,
  { providers, tag }: { providers: Registry<ProviderDescriptor>; tag: string },
): string {
  const { provider, model, dataset, hyperparameters, suffix, label } = run
  const { directory, training_file: training, validation_file: validation } = dataset
  const own = (file: string, usual: string) =>
    directory !== undefined && file === join(directory, usual) ? undefined : file
  const { token_budget, compute_budget } = hyperparameters
  const isWithinBudget = token_budget !== undefined || compute_budget !== undefined
  const settings = Object.entries(hyperparameters).flatMap(([key, value]) =>
    typeof value === 'number' && !(key === 'n_epochs' && isWithinBudget)
      ? [[key.replaceAll('_', '-'), value] as const]
      : [],
  )
  const options = Object.entries(run.provider_options ?? {}).map(([key, value]) => `${key}=${value}`)
  return commandLine('finetune:start', {
    flags: {
      ...(providers.first(({ runs }) => runs === 'here')?.entry.name !== provider && { provider }),
      'model-name': model,
      ...(directory !== undefined && { 'dataset-name': datasetReference(directory) }),
      'training-file': own(training, TRAINING_FILE),
      'validation-file': validation && own(validation, VALIDATION_FILE),
      ...Object.fromEntries(settings),
      suffix,
      label,
      ...(options.length > 0 && { 'provider-option': options }),
      ...providers.find(provider)?.entry.flagsOf?.(run),
      tag,
    },
  })
}

/** With what differs from the flags' defaults. */
function evaluationCommand(
  summary: EvaluationSummary,
  { run, evaluator, tag }: { run: RunRecord; evaluator: Evaluator | undefined; tag: string },
): string {
  const { evaluator: asking, dataset, arguments: asked } = summary
  const {
    splits,
    maxSamples: samples,
    maxTokens: tokens,
    rankAll,
    evaluatorOptions = {},
  } = fromArguments(asked)
  const all = splits === undefined || (evaluator?.splits ?? splits).every((split) => splits.includes(split))
  return commandLine('eval:run', {
    flags: {
      tag,
      evaluator: asking.name,
      'evaluator-option': Object.entries(evaluatorOptions).map(([key, value]) => `${key}=${value}`),
      ...(dataset.directory !== run.dataset.directory && {
        'dataset-name': datasetReference(dataset.directory),
      }),
      ...(!all && { split: splits }),
      ...(samples !== DEFAULT_MAX_SAMPLES && { 'max-samples': samples }),
      ...(tokens !== evaluator?.maxTokens && { 'max-tokens': tokens }),
      'rank-all': rankAll === true,
      ...hostedEvaluationFlags(summary, run),
    },
  })
}

/** The name of a data set, if it can be found by name in a folder `data`; else its directory. */
export function datasetReference(directory: string): string {
  return /[/\\]data[/\\][^/\\]+[/\\][^/\\]+$/.test(directory) ? basename(directory) : directory
}
