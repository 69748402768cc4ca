/** A value as Python's `json.dumps` writes it with its defaults: `", "`, `": "`, all but ASCII escaped. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, field]) => field !== undefined)
    return `{${entries.map(([key, field]) => `${pythonJson(key)}: ${pythonJson(field)}`).join(', ')}}`
  }
  const text = JSON.stringify(value)
  return typeof value === 'string' ? escapeNonAscii(text) : text
}

function escapeNonAscii(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of ASCII
  return text.replace(/[^\x00-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
