import { join } from 'node:path'
import { InputError } from '../../../support/errors.ts'

/** Where models of the Hugging Face Hub come from and are kept. */
export interface HubSettings {
  /** Address of the Hub or of a mirror. */
  endpoint: string
  /** Folder with Python's layout, such as `~/.cache/huggingface/hub`. */
  cacheDirectory: string
  /** Sent only to the endpoint; if absent, the file at `tokenPath` is used. */
  token?: string | undefined
  tokenPath?: string | undefined
  /** True if nothing may be downloaded. */
  offline: boolean
}

/** Reads settings only when they are needed, as they may be invalid. */
export type ReadHubSettings = () => Promise<HubSettings>

const ENDPOINT = 'https://huggingface.co'

/**
 * The settings that the variables of Hugging Face's own tools ask for: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH,
 * HF_HUB_OFFLINE, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME. Throws InputError WRONG_ENDPOINT.
 */
export function hubSettings(
  variables: Readonly<Record<string, string | undefined>>,
  home: string,
): HubSettings {
  const read = (name: string) => variables[name]?.trim() || undefined
  const huggingFace = read('HF_HOME') ?? join(read('XDG_CACHE_HOME') ?? join(home, '.cache'), 'huggingface')
  const token = read('HF_TOKEN') ?? read('HUGGING_FACE_HUB_TOKEN')
  return {
    endpoint: checkedEndpoint(read('HF_ENDPOINT') ?? ENDPOINT),
    cacheDirectory: read('HF_HUB_CACHE') ?? read('HUGGINGFACE_HUB_CACHE') ?? join(huggingFace, 'hub'),
    ...(token !== undefined && { token }),
    tokenPath: read('HF_TOKEN_PATH') ?? join(huggingFace, 'token'),
    offline: /^(1|on|yes|true)$/i.test(read('HF_HUB_OFFLINE') ?? ''),
  }
}

function checkedEndpoint(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InputError(`HF_ENDPOINT is ${JSON.stringify(address)}, not an address such as ${ENDPOINT}.`, {
      code: 'WRONG_ENDPOINT',
    })
  }
  return address.replace(/\/+$/, '')
}
