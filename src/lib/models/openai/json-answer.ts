import { NoNumberError, UnexpectedAnswerError } from './failures.ts'
import type { Send } from './transport.ts'

/** A request whose raw answer is read by `readJson`: the SDK mistakes NaN for a cut connection. */
export function post(path: string, body: Record<string, unknown>): Send<Response> {
  return (client, request) => client.post(path, { body, ...request, __binaryResponse: true })
}

/** As `post`, for GET requests. */
export function get(path: string): Send<Response> {
  return (client, request) => client.get(path, { ...request, __binaryResponse: true })
}

/**
 * Parses the JSON of an answer, whatever its content type. Throws SyntaxError if it is cut off, NoNumberError for
 * numbers that JSON does not have, UnexpectedAnswerError if it is not JSON at all.
 */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch (error) {
    const noNumber = findNoNumber(text)
    if (noNumber !== undefined) throw new NoNumberError(noNumber)
    if (/^\s*[{[]/.test(text)) throw error
    throw new UnexpectedAnswerError(
      text.trim() === '' ? 'its answer is empty' : 'it answers with text that is not JSON',
    )
  }
}

const STRING = /"(?:[^"\\]|\\.)*"/g
const NO_NUMBER = /-?\b(?:NaN|Infinity|nan|inf)\b/g

/** The first number that only Python's JSON has, such as NaN, if nothing else makes the text invalid. */
function findNoNumber(text: string): string | undefined {
  const bare = text.replaceAll(STRING, '""')
  const [first] = bare.match(NO_NUMBER) ?? []
  if (first === undefined) return undefined
  try {
    JSON.parse(bare.replaceAll(NO_NUMBER, '0'))
    return first
  } catch {
    return undefined
  }
}
