import { join } from 'node:path'
import { InputError } from '../../support/errors.ts'
import { readTextIfExists } from '../../support/files.ts'

/**
 * The token that Ray's own tools would send: `RAY_AUTH_TOKEN`, the file in `RAY_AUTH_TOKEN_PATH`, or
 * `~/.ray/auth_token`. Throws InputError RAY_TOKEN_FILE if the file in the variable does not exist.
 */
export async function readRayToken(environment: NodeJS.Dict<string>): Promise<string | undefined> {
  const { RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH, RAY_AUTH_MODE, HOME, USERPROFILE } = environment
  if (RAY_AUTH_MODE === 'disabled') return undefined
  const token = RAY_AUTH_TOKEN?.trim()
  if (token) return token
  if (RAY_AUTH_TOKEN_PATH) {
    const text = await readTextIfExists(RAY_AUTH_TOKEN_PATH)
    if (text?.trim()) return text.trim()
    throw new InputError(`RAY_AUTH_TOKEN_PATH names ${RAY_AUTH_TOKEN_PATH}, which holds no token.`, {
      code: 'RAY_TOKEN_FILE',
    })
  }
  const home = HOME || USERPROFILE
  if (!home) return undefined
  return (await readTextIfExists(join(home, '.ray', 'auth_token')))?.trim() || undefined
}
