import { InputError } from '../../support/errors.ts'
import { sha256 } from '../../support/files.ts'
import type { HostedAddress } from '../language-model.ts'

/** The two APIs that complete texts: of chats, and of plain text. */
export const APIS = ['chat', 'completions'] as const

export type Api = (typeof APIS)[number]

/** A model on a server and how it is prompted: everything but the prompt that affects its answers. */
export interface Address {
  baseUrl: string
  model: string
  api: Api
  /** Message of the system before each prompt; chat only. */
  system?: string | undefined
  /** Added unchanged to each request, such as `{ reasoning_effort: 'none' }`. */
  parameters?: Readonly<Record<string, unknown>> | undefined
}

/** OpenAI's models that complete plain text, and those fine-tuned from them. All others are for chats. */
const COMPLETION_MODEL = /^(ft:)?(babbage|davinci|ada|curie|text-|gpt-3\.5-turbo-instruct)/

/** The API for a model, judged by its name. */
export function apiOf(model: string): Api {
  return COMPLETION_MODEL.test(model) ? 'completions' : 'chat'
}

/** Such as `openai/gpt-4.1-mini-2025-04-14 (chat at https://api.openai.com/v1)`. */
export function addressId({ baseUrl, model, api, system, parameters }: Address): string {
  const more = system !== undefined || parameters !== undefined
  const options = more ? `, options ${sha256(JSON.stringify([system, parameters])).slice(0, 12)}` : ''
  return `openai/${model} (${api} at ${baseUrl}${options})`
}

/** The part of an address that a model's ID contains; undefined for an ID of another kind. */
export function readAddressId(id: string): Pick<Address, 'baseUrl' | 'api'> | undefined {
  const { api, baseUrl } =
    /\((?<api>chat|completions) at (?<baseUrl>[^\s,]+)(, .*)?\)$/.exec(id)?.groups ?? {}
  return api === undefined || baseUrl === undefined ? undefined : { api: api as Api, baseUrl }
}

/** An address as it is recorded. */
export function recordAddress({ baseUrl, model, api, system, parameters }: Address): HostedAddress {
  return {
    base_url: baseUrl,
    model,
    api,
    ...(system !== undefined && { system }),
    ...(parameters !== undefined && { parameters: { ...parameters } }),
  }
}

/** The user's settings of an address. */
export interface AddressOptions extends Omit<Address, 'baseUrl' | 'api'> {
  /** By default what the model's name suggests. */
  api?: Api | undefined
}

/** Throws InputError SYSTEM_WITHOUT_CHAT. */
export function resolveAddress(options: AddressOptions, { baseUrl }: { baseUrl: string }): Address {
  const { model, api = apiOf(model), system, parameters } = options
  if (api === 'completions' && system !== undefined) {
    throw new InputError(`${model} completes plain text, which has no system message: use --api chat.`, {
      code: 'SYSTEM_WITHOUT_CHAT',
    })
  }
  return { baseUrl, model, api, system, parameters }
}
