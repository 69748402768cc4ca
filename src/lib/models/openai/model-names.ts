const FINE_TUNED = /^ft:([^:]+)/
const DATE = /-\d{4}-\d{2}-\d{2}$/

/** True for the name of a model that was fine-tuned at OpenAI, such as `ft:gpt-4.1-2025-04-14:org:suffix:id`. */
export function isFineTuned(model: string): boolean {
  return FINE_TUNED.test(model)
}

/** The base model of a fine-tuned model's name; any other name unchanged. */
export function baseModel(model: string): string {
  return FINE_TUNED.exec(model)?.[1] ?? model
}

/** The entry of a table for a model. `gpt-4.1` stands for its only dated version, and a dated version for `gpt-4.1`. */
export function entryOf<T>(table: Readonly<Record<string, T>>, model: string): T | undefined {
  const names = Object.keys(table)
  const dated = names.filter((name) => name !== model && name.replace(DATE, '') === model)
  const candidates = [model, model.replace(DATE, ''), ...(dated.length === 1 ? dated : [])]
  const name = candidates.find((candidate) => names.includes(candidate))
  return name === undefined ? undefined : table[name]
}
