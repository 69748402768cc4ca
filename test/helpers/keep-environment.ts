/** Remembers environment variables; the function that it returns restores them. */
export function keepEnvironment(names: readonly string[]): () => void {
  const outer = names.map((name) => [name, process.env[name]] as const)
  return () => {
    for (const [name, value] of outer) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
