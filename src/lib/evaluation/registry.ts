import { InputError } from '../support/errors.ts'
import { nearest } from '../support/nearest.ts'
import type { Evaluator } from './evaluator.ts'

/** An evaluator and the npm package that brought it. */
export interface RegisteredEvaluator {
  evaluator: Evaluator
  plugin: string
}

const NAME = /^[a-z][a-z0-9_-]*$/
const METHODS = ['accepts', 'loadSamples', 'scoreSample', 'summarize'] as const

/** The evaluators that can be run. One name belongs to one plugin: nothing is ever replaced. */
export class EvaluatorRegistry {
  readonly #entries = new Map<string, RegisteredEvaluator>()

  /** Throws InputError EVALUATOR_INVALID or EVALUATOR_TAKEN, which name the plugins at fault. */
  add(evaluator: Evaluator, { plugin }: { plugin: string }): void {
    const flaw = findFlaw(evaluator)
    if (flaw !== undefined)
      throw new InputError(`The plugin ${plugin} registers an evaluator ${flaw}.`, {
        code: 'EVALUATOR_INVALID',
      })
    const { name } = evaluator
    const other = this.#entries.get(name)
    if (other !== undefined)
      throw new InputError(
        `The plugin ${plugin} registers the evaluator ${name}, but ${other.plugin} has one of that name.`,
        {
          code: 'EVALUATOR_TAKEN',
          suggestions: [`rename it, or remove a plugin: plugins uninstall ${plugin}`],
        },
      )
    this.#entries.set(name, { evaluator, plugin })
  }

  /** All evaluators, sorted by name. */
  list(): RegisteredEvaluator[] {
    return [...this.#entries.values()].toSorted((a, b) => a.evaluator.name.localeCompare(b.evaluator.name))
  }

  /** Find an evaluator by `name` or `package/name`. Throws InputError EVALUATOR_UNKNOWN with near names. */
  get(name: string): RegisteredEvaluator {
    const slash = name.lastIndexOf('/')
    const entry = this.#entries.get(name.slice(slash + 1))
    if (entry !== undefined && (slash < 0 || entry.plugin === name.slice(0, slash))) return entry
    const names = this.list().map(({ evaluator, plugin }) =>
      slash < 0 ? evaluator.name : `${plugin}/${evaluator.name}`,
    )
    const [guess] = nearest(name, names)
    throw new InputError(
      `There is no evaluator ${name}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`,
      { code: 'EVALUATOR_UNKNOWN', suggestions: ['list them: reversal eval:list'] },
    )
  }
}

/** What keeps an object of a plugin, which no compiler may have seen, from being an evaluator. */
function findFlaw(evaluator: Partial<Evaluator>): string | undefined {
  const { name, summary, version, splits, maxTokens } = evaluator ?? {}
  if (typeof name !== 'string' || !NAME.test(name)) return `whose name (${name}) does not fit ${NAME.source}`
  if (typeof summary !== 'string') return `(${name}) without a summary`
  if (!Number.isInteger(version)) return `(${name}) whose version is no whole number`
  if (!Array.isArray(splits) || splits.length === 0) return `(${name}) without splits`
  if (!Number.isInteger(maxTokens)) return `(${name}) whose maxTokens is no whole number`
  const missing = METHODS.find((method) => typeof evaluator[method] !== 'function')
  return missing && `(${name}) without the function ${missing}`
}
