import { InputError } from '../../support/errors.ts'
import { shownAddress } from '../../support/shown-address.ts'
import type { Environment, TrackerSettings } from '../tracker.ts'

/** The user's W&B settings on the command line. */
export interface WandbFlags {
  /** `--use-wandb` */
  use?: boolean | undefined
  /** `--no-wandb` */
  none?: boolean | undefined
  entity?: string | undefined
  project?: string | undefined
}

/** The user's tracker settings, under the names of W&B's flags. */
export function wandbFlags({ chosen, refused, options }: TrackerSettings): WandbFlags {
  const { entity, project } = options as Pick<WandbFlags, 'entity' | 'project'>
  return { use: chosen, none: refused, entity, project }
}

export interface WandbSettings {
  /** Such as `https://api.wandb.ai`. */
  baseUrl: string
  /** Where people look at runs, such as `https://wandb.ai`. */
  appUrl: string
  key: string
  entity?: string | undefined
  project?: string | undefined
}

export interface SettingsSources {
  env: Environment
  flags: WandbFlags
  /** Text of the netrc file. */
  netrc?: string | undefined
  /** Texts of W&B's settings files; the first one with a setting wins. */
  files?: readonly string[] | undefined
}

/** Modes in which W&B's own client sends nothing. */
const SILENT_MODES = ['disabled', 'offline', 'dryrun']

/**
 * Whether to use W&B: if `--use-wandb`, an entity or a project is given, unless `--no-wandb`, `NO_WANDB` or
 * `WANDB_MODE` forbids it. Throws InputError WANDB_CONFLICT if flags and environment contradict each other.
 */
export function wantsWandb({ env, flags }: Pick<SettingsSources, 'env' | 'flags'>): boolean {
  const silence = silencedBy(env, flags)
  if (flags.use && silence !== undefined) {
    throw new InputError(`--use-wandb and ${silence} contradict each other.`, { code: 'WANDB_CONFLICT' })
  }
  if (silence !== undefined) return false
  return flags.use === true || flags.entity !== undefined || flags.project !== undefined
}

function silencedBy(env: Environment, { none }: WandbFlags): string | undefined {
  if (none) return '--no-wandb'
  if (env.NO_WANDB) return 'NO_WANDB'
  return SILENT_MODES.includes(env.WANDB_MODE ?? '') ? `WANDB_MODE=${env.WANDB_MODE}` : undefined
}

/**
 * Address and account for W&B: flags before environment before settings files; the key from the environment or netrc.
 * Throws InputError if something is missing or invalid; no message contains the key.
 */
export function resolveWandb({ env, flags, netrc = '', files = [] }: SettingsSources): WandbSettings {
  const silence = silencedBy(env, flags)
  if (silence !== undefined) {
    throw new InputError(`This is about Weights & Biases, which ${silence} forbids.`, {
      code: 'WANDB_CONFLICT',
    })
  }
  const settings: Environment = Object.assign({}, ...files.map(parseSettings).toReversed())
  const baseUrl = checkedUrl(env.WANDB_BASE_URL || settings.base_url || 'https://api.wandb.ai')
  return {
    baseUrl,
    appUrl: (env.WANDB_APP_URL || pagesOf(baseUrl)).replace(/\/+$/, ''),
    key: findKey(env, netrc, baseUrl),
    entity: flags.entity || env.WANDB_ENTITY || settings.entity,
    project: flags.project || env.WANDB_PROJECT || settings.project,
  }
}

/** The project, which has no default. Throws InputError WANDB_PROJECT_UNNAMED. */
export function requireProject({ project }: WandbSettings): string {
  if (project !== undefined) return project
  throw new InputError('The Weights & Biases project is missing: use --wandb-project NAME.', {
    code: 'WANDB_PROJECT_UNNAMED',
    suggestions: ['or set WANDB_PROJECT'],
  })
}

function checkedUrl(text: string): string {
  const url = text.replace(/\/+$/, '')
  const { protocol, hostname, host, username, password } = URL.parse(url) ?? {}
  // The address is stored with runs, and shown.
  if (username || password) {
    throw new InputError(
      `The address of ${host} holds a user name or password: keys belong in WANDB_API_KEY.`,
      {
        code: 'WANDB_BAD_URL',
        suggestions: ['check WANDB_BASE_URL'],
      },
    )
  }
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new InputError(
      `${shownAddress(text)} is not the address of a Weights & Biases server, which begins with https://.`,
      {
        code: 'WANDB_BAD_URL',
        suggestions: ['check WANDB_BASE_URL'],
      },
    )
  }
  const cloud = hostname === 'wandb.ai' || hostname?.endsWith('.wandb.ai')
  if (cloud && (protocol === 'http:' || !hostname?.includes('api.'))) {
    throw new InputError(
      `${shownAddress(text)} is the web page of Weights & Biases; its API is at https://api.wandb.ai.`,
      {
        code: 'WANDB_BAD_URL',
        suggestions: ['check WANDB_BASE_URL'],
      },
    )
  }
  return url
}

function pagesOf(baseUrl: string): string {
  return baseUrl.includes('://api.wandb.')
    ? baseUrl.replace('://api.wandb.', '://wandb.')
    : baseUrl.replace('://api.', '://app.')
}

function findKey(env: Environment, netrc: string, baseUrl: string): string {
  if (env.WANDB_IDENTITY_TOKEN_FILE) {
    throw new InputError('WANDB_IDENTITY_TOKEN_FILE is not supported: set WANDB_API_KEY instead.', {
      code: 'WANDB_NO_KEY',
    })
  }
  const { host } = new URL(baseUrl)
  const key = env.WANDB_API_KEY?.trim() || netrcPassword(netrc, host)
  if (key === undefined) {
    throw new InputError(`There is no Weights & Biases API key for ${host}: set WANDB_API_KEY.`, {
      code: 'WANDB_NO_KEY',
      suggestions: [`or put it into ~/.netrc: machine ${host} login user password KEY`],
    })
  }
  if (!isKey(key)) {
    const where = env.WANDB_API_KEY?.trim() ? 'WANDB_API_KEY' : `The entry of ${host} in the netrc file`
    throw new InputError(
      `${where} is not a Weights & Biases API key, which has 40 or more letters and digits.`,
      { code: 'WANDB_BAD_KEY' },
    )
  }
  return key
}

/** A key has 40 characters or more, possibly after a prefix with a dash, or is a JSON Web Token. */
function isKey(key: string): boolean {
  return /^(?:[^-]*-)?[\w-]{40,}$/.test(key) || /^[\w-]+\.[\w-]+\.[\w-]+$/.test(key)
}

/** The password for a machine in a netrc file, whose words may be quoted as in a shell. */
function netrcPassword(text: string, machine: string): string | undefined {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  const words = lines.join('\n').match(/"[^"]*"|'[^']*'|\S+/g) ?? []
  const bare = words.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'))
  let inside = false
  for (let index = 0; index < bare.length; index++) {
    const word = bare[index]
    if (word === 'default') {
      inside = true
      continue
    }
    const value = bare[++index]
    if (word === 'machine') inside = value === machine
    else if (word === 'password' && inside) return value
  }
  return undefined
}

/** The values of section `default` of a settings file, which is an INI file. */
function parseSettings(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  let section = ''
  for (const line of text.split('\n')) {
    const [, name] = /^\s*\[(.*)\]\s*$/.exec(line) ?? []
    if (name !== undefined) section = name
    const [, key, value] = /^\s*([\w-]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (section === 'default' && key !== undefined && value) values[key] = value
  }
  return values
}
