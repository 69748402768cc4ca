import type { Server } from '../../models/openai/server.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { thisProcess } from '../../support/lock.ts'
import { newRunId } from '../../tracking/run-id.ts'
import { datasetRecord } from '../dataset-record.ts'
import type { FineTuneRequest } from '../provider.ts'
import type { JobRequest } from './job-api.ts'
import { RUN_KEY } from './jobs.ts'
import type { Plan } from './plan-fine-tune.ts'
import type { OpenAISettings } from './settings.ts'

type WandbIntegration = NonNullable<OpenAISettings['wandb']>

interface NewRunOptions {
  request: FineTuneRequest
  plan: Plan
  server: Server
  system: string | undefined
  wandb: WandbIntegration | undefined
  toolVersion: string
  now: Date
}

/** The record of a run that no server has yet, with everything that its job is created from except the files. */
export async function newRun(options: NewRunOptions): Promise<RunRecord> {
  const { request, plan, server, system, toolVersion, now } = options
  const { model, dataset, hyperparameters, suffix, label, tags = [] } = request
  const { training, validation, price, costUsd, steps } = plan
  const id = newRunId()
  return {
    id,
    provider: 'openai',
    model,
    ...(suffix !== undefined && { suffix }),
    ...(label !== undefined && { label }),
    dataset: {
      ...(await datasetRecord(dataset, {
        training: training.examples,
        validation: validation?.examples ?? 0,
      })),
      api: plan.api,
      ...(system !== undefined && { system }),
    },
    hyperparameters: { ...hyperparametersOf(request), seed: hyperparameters.seed },
    status: 'pending',
    tags: [...tags],
    created_at: now.toISOString(),
    progress: { step: 0, total_steps: steps },
    cost_usd: costUsd,
    cost_is_estimate: true,
    ...(price && { price }),
    process: thisProcess(),
    server: { base_url: server.baseUrl, organization: server.organization, project: server.project },
    request: jobRequest(id, options),
    tool_version: toolVersion,
  }
}

function jobRequest(id: string, { request, wandb }: NewRunOptions): JobRequest {
  const { model, hyperparameters, suffix } = request
  return {
    model,
    ...(suffix !== undefined && { suffix }),
    seed: hyperparameters.seed,
    method: { type: 'supervised', supervised: { hyperparameters: hyperparametersOf(request) } },
    metadata: { [RUN_KEY]: id },
    ...(wandb && { integrations: [{ type: 'wandb', wandb: integration(id, wandb) }] }),
  }
}

function hyperparametersOf({ hyperparameters }: FineTuneRequest) {
  const { nEpochs, batchSize, learningRateMultiplier } = hyperparameters
  return { n_epochs: nEpochs, batch_size: batchSize, learning_rate_multiplier: learningRateMultiplier }
}

/** Gives the run the same name on W&B as here. */
function integration(id: string, { project, entity }: WandbIntegration) {
  return { project, name: id, ...(entity !== undefined && { entity }) }
}
