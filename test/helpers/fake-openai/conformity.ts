import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const SPECIFICATION = fileURLToPath(
  new URL('../../../../shared/specs/openai-subset.openapi.json', import.meta.url),
)

interface Operation {
  requestBody?: { content: Record<string, { schema: object }> }
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}

/** Whether OpenAI's own description of its API exists next to the project. */
export const hasSpecification = existsSync(SPECIFICATION)

/** Checks requests and answers against OpenAI's own description of its API, if that exists next to the project. */
export class Conformity {
  readonly #paths: [pattern: RegExp, operations: Record<string, Operation>][]
  readonly #ajv: Ajv2020
  readonly #compiled = new Map<object, ValidateFunction>()

  private constructor() {
    const specification = JSON.parse(readFileSync(SPECIFICATION, 'utf8'))
    this.#paths = Object.entries<Record<string, Operation>>(specification.paths).map(([path, operations]) => [
      new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      operations,
    ])
    this.#ajv = new Ajv2020({ strict: false, logger: false })
    ;(addFormats as unknown as (ajv: Ajv2020) => void)(this.#ajv)
    this.#ajv.addSchema({ $id: 'openai', components: specification.components })
  }

  static load(): Conformity | undefined {
    return hasSpecification ? new Conformity() : undefined
  }

  /** What is wrong with a request: a sentence, or undefined. */
  request(method: string, path: string, body: unknown): string | undefined {
    const operation = this.#find(method, path)
    if (operation === undefined) return `${method} ${path} is no operation of the API`
    const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema
    return schema && this.#check(schema, body, `${method} ${path}`)
  }

  /** What is wrong with the answer to a successful request. */
  answer(method: string, path: string, body: unknown): string | undefined {
    const schema = this.#find(method, path)?.responses['200']?.content?.['application/json']?.schema
    return schema && this.#check(schema, body, `The answer to ${method} ${path}`)
  }

  #find(method: string, path: string): Operation | undefined {
    return this.#paths.find(([pattern]) => pattern.test(path))?.[1][method.toLowerCase()]
  }

  #check(schema: object, value: unknown, what: string): string | undefined {
    let validate = this.#compiled.get(schema)
    if (validate === undefined) {
      const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openai#/'))
      validate = this.#ajv.compile(absolute)
      this.#compiled.set(schema, validate)
    }
    if (validate(value)) return undefined
    return `${what}: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(value).slice(0, 500)}`
  }
}
