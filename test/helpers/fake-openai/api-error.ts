export interface ApiErrorOptions {
  code?: string | null
  type?: string
  headers?: Record<string, string>
  body?: unknown
}

/** An error answer, in the form of OpenAI's API unless it has a `body` of its own. */
export class ApiError extends Error {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: unknown

  constructor(
    status: number,
    message: string,
    { code = null, type = 'invalid_request_error', headers = {}, body }: ApiErrorOptions = {},
  ) {
    super(message)
    this.status = status
    this.headers = headers
    this.body = body ?? { error: { message, type, param: null, code } }
  }
}
