import { schemaCheck } from '../../schemas/compile.ts'
import type { ModelAnswer } from '../../schemas/openai-answers.ts'
import { modelAnswerSchema } from '../../schemas/openai-answers.ts'
import { InputError } from '../../support/errors.ts'
import { nearest } from '../../support/nearest.ts'
import { readAnswer } from './endpoint.ts'
import { UnexpectedAnswerError } from './failures.ts'
import type { Transport } from './transport.ts'

const checkModel = schemaCheck(modelAnswerSchema)

/** A model that a server has. */
export interface ListedModel {
  id: string
  /** The day on which it is shut down, such as `2027-01-14`; undefined where the server names none. */
  shutdownDate?: string | undefined
}

/** The models of a server. */
export async function listModels(transport: Transport, signal?: AbortSignal): Promise<ListedModel[]> {
  return transport.call(
    (client, request) => client.models.list(request),
    ({ data }) => {
      if (!Array.isArray(data)) throw new UnexpectedAnswerError('its list of models is none')
      return data.map(({ id, shutdown_date }) => ({ id, shutdownDate: shutdown_date ?? undefined }))
    },
    { signal },
  )
}

/** What a server says of one model. Throws InputError MODEL_NOT_FOUND. */
export async function findModel(
  transport: Transport,
  model: string,
  signal?: AbortSignal,
): Promise<ListedModel> {
  return explainUnknownModel({ transport, model }, () =>
    transport.call(
      (client, request) => client.models.retrieve(model, request),
      (answer) => {
        const { id, shutdown_date } = readAnswer<ModelAnswer>(answer, checkModel)
        return { id, shutdownDate: shutdown_date ?? undefined }
      },
      { signal },
    ),
  )
}

/** Where the server does not know the model that some work is about, say which like it there are. */
export async function explainUnknownModel<T>(
  { transport, model }: { transport: Transport; model: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== 'NOT_FOUND') throw error
    const models = await listModels(transport).catch(() => undefined)
    const names = models?.map(({ id }) => id)
    if (names === undefined || names.includes(model)) throw error
    throw new InputError(`${transport.server.name} has no model ${model}.`, {
      code: 'MODEL_NOT_FOUND',
      suggestions: nearest(model, names)
        .slice(0, 3)
        .map((name) => `did you mean ${name}?`),
      cause: error,
    })
  }
}
