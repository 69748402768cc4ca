/** The address of a module by its path from another one, without the suffix: source from source, else what was compiled. */
export function siblingModule(path: string, from: string): URL {
  return new URL(`${path}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
}
