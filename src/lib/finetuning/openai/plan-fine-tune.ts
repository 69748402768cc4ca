import type { Api } from '../../models/openai/address.ts'
import { costOfTokens, trainingPrice } from '../../models/openai/prices.ts'
import type { PriceTable } from '../../schemas/prices.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import { plural } from '../../support/numbers.ts'
import type { FineTuneRequest } from '../provider.ts'
import { checkHyperparameters } from './hyperparameters.ts'
import type { TrainingFile } from './training-file.ts'

/** OpenAI's limit. */
const LEAST_EXAMPLES = 10

/** The plan for a request. */
export interface Plan {
  api: Api
  training: TrainingFile
  validation: TrainingFile | undefined
  steps: number
  /** Tokens of the whole run. */
  tokens: number
  /** Undefined if the table does not have the model. */
  price: RunRecord['price']
  costUsd: number | null
}

interface PlanOptions {
  request: FineTuneRequest
  api: Api
  readFile: (path: string) => Promise<TrainingFile>
  prices: PriceTable
}

/** Throws InputError for what hosted fine-tuning does not take. */
export async function planFineTune({ request, api, readFile, prices }: PlanOptions): Promise<Plan> {
  checkHyperparameters(request)
  const { model, dataset, hyperparameters } = request
  const training = await readFile(dataset.trainingFile)
  const { examples } = training
  if (examples < LEAST_EXAMPLES) {
    throw new InputError(
      `${dataset.trainingFile} holds ${plural(examples, 'example')}: hosted models need ${LEAST_EXAMPLES} or more.`,
      { code: 'TOO_FEW_EXAMPLES' },
    )
  }
  const { nEpochs, batchSize } = hyperparameters
  const tokens = training.tokens * nEpochs
  const price = trainingPrice(prices, model)
  const { date, source } = prices
  return {
    api,
    training,
    validation: dataset.validationFile === undefined ? undefined : await readFile(dataset.validationFile),
    steps: Math.ceil((examples * nEpochs) / batchSize),
    tokens,
    price: price === undefined ? undefined : { training: price, date, source },
    costUsd: price === undefined ? null : costOfTokens(tokens, price),
  }
}
