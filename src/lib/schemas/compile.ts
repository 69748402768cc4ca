import { createRequire } from 'node:module'
import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type { Check } from '../support/jsonl.ts'

let ajv: Ajv2020 | undefined

/** A check for a JSON Schema (draft 2020-12). The schema is compiled on the first call. */
export function schemaCheck(schema: object): Check {
  let validate: ValidateFunction | undefined
  return (value) => {
    validate ??= compiler().compile(schema)
    return validate(value) ? undefined : describe(validate.errors?.[0])
  }
}

/** ajv takes 30 ms to load, which commands that read nothing should not spend. */
function compiler(): Ajv2020 {
  if (ajv === undefined) {
    const require = createRequire(import.meta.url)
    const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
    const { default: addFormats } = require('ajv-formats') as typeof import('ajv-formats')
    ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
    ;(addFormats as unknown as (target: Ajv2020) => void)(ajv)
  }
  return ajv
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it has another form'
  const path = error.instancePath.slice(1).replaceAll('/', '.')
  const { missingProperty, additionalProperty, allowedValues, type } = error.params as {
    missingProperty?: string
    additionalProperty?: string
    allowedValues?: unknown[]
    type?: string | string[]
  }
  const within = (name: string) => `"${[path, name].filter((part) => part !== '').join('.')}"`
  if (missingProperty !== undefined) return `${within(missingProperty)} is missing`
  if (additionalProperty !== undefined) return `${within(additionalProperty)} is not a known field`
  const field = path === '' ? 'the record' : `"${path}"`
  if (type !== undefined) return `${field} must be ${[type].flat().map(nameType).join(' or ')}`
  if (allowedValues !== undefined) return `${field} must be one of ${allowedValues.join(', ')}`
  return `${field} ${error.message?.replace('NOT', 'not')}`
}

function nameType(type: string): string {
  if (type === 'null') return type
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
}
