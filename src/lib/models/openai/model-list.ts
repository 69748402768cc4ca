import { schemaCheck } from '../../schemas/compile.ts'
import type { ModelAnswer, ModelList } from '../../schemas/openai-answers.ts'
import { modelAnswerSchema, modelListSchema } from '../../schemas/openai-answers.ts'
import { InputError } from '../../support/errors.ts'
import { nearest } from '../../support/nearest.ts'
import { readAnswer } from './endpoint.ts'
import { get, readJson } from './json-answer.ts'
import type { Transport } from './transport.ts'

const checkModel = schemaCheck(modelAnswerSchema)
const checkList = schemaCheck(modelListSchema)

/** A model that a server has. */
export interface ListedModel {
  id: string
  /** The day on which it is shut down, such as `2027-01-14`; undefined if the server gives none. */
  shutdownDate?: string | undefined
}

/** Lists the models of a server, ahead of all waiting requests. */
export async function listModels(transport: Transport, signal?: AbortSignal): Promise<ListedModel[]> {
  return transport.call(
    get('/models'),
    async (response) => readAnswer<ModelList>(await readJson(response), checkList).data.map(readModel),
    { signal, urgent: true },
  )
}

/** A server's data on one model. Throws InputError MODEL_NOT_FOUND. */
export async function findModel(
  transport: Transport,
  model: string,
  signal?: AbortSignal,
): Promise<ListedModel> {
  try {
    return await explainUnknownModel({ transport, model }, () => retrieveModel(transport, model, signal))
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== 'NOT_COMPATIBLE') throw error
    // Some servers only have a list of models.
    const models = await listModels(transport, signal).catch(() => undefined)
    if (models === undefined) throw error
    const found = models.find(({ id }) => id === model)
    if (found === undefined) throw unknownModel(transport, model, models)
    return found
  }
}

function retrieveModel(transport: Transport, model: string, signal?: AbortSignal): Promise<ListedModel> {
  return transport.call(
    get(`/models/${encodeURIComponent(model)}`),
    async (response) => readModel(readAnswer<ModelAnswer>(await readJson(response), checkModel)),
    { signal },
  )
}

function readModel({ id, shutdown_date }: ModelAnswer): ListedModel {
  return { id, shutdownDate: shutdown_date ?? undefined }
}

/** If the server does not know a model, suggest similar ones. */
export async function explainUnknownModel<T>(
  { transport, model }: { transport: Transport; model: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== 'NOT_FOUND') throw error
    const models = await listModels(transport).catch(() => undefined)
    if (models === undefined || models.some(({ id }) => id === model)) throw error
    throw unknownModel(transport, model, models)
  }
}

function unknownModel({ server }: Transport, model: string, models: readonly ListedModel[]): InputError {
  const names = models.map(({ id }) => id)
  return new InputError(`${server.name} has no model ${model}.`, {
    code: 'MODEL_NOT_FOUND',
    suggestions: nearest(model, names)
      .slice(0, 3)
      .map((name) => `did you mean ${name}?`),
  })
}
