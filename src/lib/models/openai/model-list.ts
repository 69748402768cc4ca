import { UnexpectedAnswerError } from './failures.ts'
import type { Transport } from './transport.ts'

/** A model that a server has. */
export interface ListedModel {
  id: string
  /** The day on which it is shut down, such as `2027-01-14`; undefined where the server names none. */
  shutdownDate?: string | undefined
}

/** The models of a server, asked before anything else that waits. */
export async function listModels(transport: Transport, signal?: AbortSignal): Promise<ListedModel[]> {
  return transport.call(
    (client, request) => client.models.list(request),
    ({ data }) => {
      if (!Array.isArray(data)) throw new UnexpectedAnswerError('its list of models is none')
      return data.map(({ id, shutdown_date }) => ({ id, shutdownDate: shutdown_date ?? undefined }))
    },
    { signal, urgent: true },
  )
}
