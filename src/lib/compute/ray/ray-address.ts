import { InputError } from '../../support/errors.ts'
import { shownAddress } from '../../support/shown-address.ts'

/** Base address of a Ray dashboard. Throws InputError RAY_ADDRESS_MISSING and BAD_RAY_ADDRESS. */
export function parseRayAddress(given: string | undefined): string {
  const example = 'such as http://127.0.0.1:8265'
  if (given === undefined || given.trim() === '') {
    throw new InputError(`--engine ray needs the address of Ray’s dashboard, ${example}.`, {
      code: 'RAY_ADDRESS_MISSING',
      suggestions: ['name it: --ray-address URL, or RAY_API_SERVER_ADDRESS'],
    })
  }
  const text = given.trim()
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url === null || !isHttp || url.username !== '' || url.password !== '') {
    throw new InputError(`${shownAddress(text)} is not the address of a Ray dashboard, ${example}.`, {
      code: 'BAD_RAY_ADDRESS',
      ...(url?.username && { suggestions: ['put the token into RAY_AUTH_TOKEN, not into the address'] }),
    })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
