/** Variables whose names suggest that they hold a secret. */
const SECRET = /(TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i

/** Tokens that a job needs to download a gated model. */
export const HUB_TOKENS = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'] as const

/** An environment for jobs, without the keys of services that jobs do not use. */
export function withoutSecrets(
  environment: NodeJS.Dict<string>,
  { keep = [] }: { keep?: readonly string[] } = {},
): NodeJS.Dict<string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => keep.includes(name) || !SECRET.test(name)),
  )
}
