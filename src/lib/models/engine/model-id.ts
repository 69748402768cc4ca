/** The id of a model in a local folder or file: its path and the start of its weights' checksum. */
export function localModelId(path: string, checksum: string): string {
  return `${prefixOf(path)}${checksum.slice(0, 12)}`
}

/** True if `id` belongs to the model at this path, or equals this name, such as one of the Hub with its commit. */
export function isIdOf(id: string, name: string): boolean {
  return id === name || id.startsWith(prefixOf(name))
}

function prefixOf(path: string): string {
  return `local:${path}@`
}
