import { InputError } from './errors.ts'
import { nearest } from './nearest.ts'

/** An entry of a door: a name that users type, one line for lists, and how to open it. */
export interface Descriptor<Opened, Options = void> {
  /** Lower-case letters, digits, - and _; unique in its registry. Users may also type `package/name`. */
  readonly name: string
  /** One line for lists and help. */
  readonly summary: string
  /** Loads and creates it; heavy modules are loaded only here. */
  open(options: Options): Promise<Opened>
}

/** An entry and the npm package that brought it. */
export interface Registered<Entry> {
  entry: Entry
  plugin: string
}

type Named = Pick<Descriptor<unknown>, 'name' | 'summary'>

export interface RegistryOptions<Entry extends Named> {
  /** What an entry is called in messages, such as `evaluator`. */
  noun: string
  /** Start of error codes: `EVALUATOR` gives EVALUATOR_UNKNOWN, EVALUATOR_TAKEN, EVALUATOR_INVALID. */
  code: string
  /** The command that lists the entries, such as `eval:list`. */
  listedBy?: string
  /**
   * Why an entry, which may not have been type-checked, is invalid; completes "registers an evaluator
   * (name)".
   */
  findFlaw?(entry: Partial<Entry>): string | undefined
}

const NAME = /^[a-z][a-z0-9_-]*$/

/** The entries behind one door. A name belongs to one package: no entry is ever replaced. */
export class Registry<Entry extends Named> {
  readonly #options: RegistryOptions<Entry>
  readonly #entries = new Map<string, Registered<Entry>>()

  constructor(options: RegistryOptions<Entry>) {
    this.#options = options
  }

  /** Throws InputError _INVALID or _TAKEN, which name the packages at fault. */
  add(entry: Entry, { plugin }: { plugin: string }): void {
    const { code } = this.#options
    const noun = withArticle(this.#options.noun)
    const flaw = this.#findFlaw(entry)
    if (flaw !== undefined) {
      throw new InputError(`The plugin ${plugin} registers ${noun} ${flaw}.`, { code: `${code}_INVALID` })
    }
    const other = this.#entries.get(entry.name)
    if (other !== undefined) {
      throw new InputError(
        `The plugin ${plugin} registers the ${this.#options.noun} ${entry.name}, but ${other.plugin} already has one with that name.`,
        {
          code: `${code}_TAKEN`,
          suggestions: [`rename it, or remove a plugin: reversal plugins:uninstall ${plugin}`],
        },
      )
    }
    this.#entries.set(entry.name, { entry, plugin })
  }

  /** All entries, sorted by name. */
  list(): Registered<Entry>[] {
    return [...this.#entries.values()].toSorted((a, b) => a.entry.name.localeCompare(b.entry.name))
  }

  /** All entries in the order in which they were added: built-in ones before those of plugins. */
  inOrder(): Registered<Entry>[] {
    return [...this.#entries.values()]
  }

  /** The first entry that fits, in the order of addition; undefined if none does. */
  first(fits: (entry: Entry) => boolean): Registered<Entry> | undefined {
    return this.inOrder().find(({ entry }) => fits(entry))
  }

  /** The entry called `name` or `package/name`; undefined if there is none. */
  find(name: string): Registered<Entry> | undefined {
    const slash = name.lastIndexOf('/')
    const found = this.#entries.get(name.slice(slash + 1))
    return found !== undefined && (slash < 0 || found.plugin === name.slice(0, slash)) ? found : undefined
  }

  /** The entry called `name` or `package/name`. Throws InputError _UNKNOWN with near names. */
  get(name: string): Registered<Entry> {
    const found = this.find(name)
    if (found !== undefined) return found
    const { noun, code, listedBy } = this.#options
    const names = this.list().map(({ entry, plugin }) =>
      name.includes('/') ? `${plugin}/${entry.name}` : entry.name,
    )
    const [guess] = nearest(name, names)
    const hint =
      guess !== undefined
        ? ` Did you mean ${guess}?`
        : listedBy === undefined && names.length > 0
          ? ` Known: ${names.join(', ')}.`
          : ''
    throw new InputError(`There is no ${noun} ${name}.${hint}`, {
      code: `${code}_UNKNOWN`,
      suggestions: listedBy === undefined ? [] : [`list them: reversal ${listedBy}`],
    })
  }

  #findFlaw(entry: Partial<Entry> | undefined): string | undefined {
    const { name, summary } = entry ?? {}
    if (typeof name !== 'string' || !NAME.test(name))
      return `whose name (${name}) does not fit ${NAME.source}`
    if (typeof summary !== 'string') return `(${name}) without a summary`
    const flaw = this.#options.findFlaw?.(entry!)
    return flaw && `(${name}) ${flaw}`
  }
}

/** "an evaluator", "a model client". */
function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}
