/** An error answer, in the form of OpenAI's API. */
export class ApiError extends Error {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: unknown

  constructor(
    status: number,
    message: string,
    { code = null, type = 'invalid_request_error', headers = {} as Record<string, string> } = {} as {
      code?: string | null
      type?: string
      headers?: Record<string, string>
    },
  ) {
    super(message)
    this.status = status
    this.headers = headers
    this.body = { error: { message, type, param: null, code } }
  }
}
