/** Variables that tell a secret by their name. */
const SECRET = /(TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i

/** What a job needs to fetch a gated model. */
export const HUB_TOKENS = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'] as const

/** An environment for jobs: keys of services that they have nothing to do with stay here. */
export function withoutSecrets(
  environment: NodeJS.Dict<string>,
  { keep = [] }: { keep?: readonly string[] } = {},
): NodeJS.Dict<string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => keep.includes(name) || !SECRET.test(name)),
  )
}
