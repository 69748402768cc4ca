import { resolve } from 'node:path'
import { shippedFile } from '../../datasets/shipped.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PriceTable } from '../../schemas/prices.ts'
import { priceTableSchema } from '../../schemas/prices.ts'
import { InputError } from '../../support/errors.ts'
import { readRecord } from '../../support/record.ts'
import { baseModel, entryOf, isFineTuned } from './model-names.ts'

const SHIPPED = 'prices/openai-2026-10.json'
const check = schemaCheck(priceTableSchema)

/** United States dollars for 1,000,000 tokens. */
export interface AnswerPrices {
  input: number
  output: number
}

/** The prices of a file, or those that ship with the tool. Throws InputError FILE_NOT_FOUND or BAD_PRICES. */
export async function loadPrices(file?: string): Promise<PriceTable> {
  const path = file === undefined ? shippedFile(SHIPPED) : resolve(file)
  const table = await readRecord<PriceTable>(path, check, 'BAD_PRICES')
  if (table === undefined) throw new InputError(`There is no file ${file}.`, { code: 'FILE_NOT_FOUND' })
  return table
}

/** Prices of a model's answers; undefined if the table does not have it. */
export function answerPrices({ models }: PriceTable, model: string): AnswerPrices | undefined {
  const own = entryOf(models, baseModel(model))
  const { input, output } = (isFineTuned(model) ? own?.fine_tuned : own) ?? {}
  return input === undefined || output === undefined ? undefined : { input, output }
}

/**
 * Price of fine-tuning a model, in United States dollars for 1,000,000 tokens; undefined if the table does not have it.
 */
export function trainingPrice({ models }: PriceTable, model: string): number | undefined {
  return entryOf(models, baseModel(model))?.fine_tuned?.training
}

/** Cost of tokens at a price for 1,000,000, in United States dollars. */
export function costOfTokens(tokens: number, price: number): number {
  return (tokens * price) / 1e6
}

/** The cost of answers, and its basis. */
export interface AnswerCost {
  /** United States dollars; null if unknown. */
  costUsd: number | null
  /** A sentence: the prices, or why the cost is unknown. */
  costBasis: string
}

/** The cost of answers with so many input and output tokens. */
export function answerCost(
  table: PriceTable,
  model: string,
  tokens: { input: number; output: number },
): AnswerCost {
  const { date, source } = table
  const price = answerPrices(table, model)
  if (price === undefined) {
    return {
      costUsd: null,
      costBasis: `The cost is unknown: the prices of ${date} (${source}) do not have ${model}.`,
    }
  }
  return {
    costUsd: costOfTokens(tokens.input, price.input) + costOfTokens(tokens.output, price.output),
    costBasis: `Prices of ${date} (${source}): $${price.input} in and $${price.output} out for 1,000,000 tokens.`,
  }
}
