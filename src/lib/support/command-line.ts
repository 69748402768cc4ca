type FlagValue = string | number | boolean | readonly string[] | undefined

/** A command as a user would type it in a POSIX shell; flags that are undefined or false are left out. */
export function commandLine(
  command: string,
  { args = [], flags = {} }: { args?: readonly string[]; flags?: Record<string, FlagValue> } = {},
): string {
  const words = Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    if (value === true) return [`--${name}`]
    return (Array.isArray(value) ? value : [value]).flatMap((item) => [`--${name}`, quoteWord(String(item))])
  })
  return ['reversal', command, ...args.map(quoteWord), ...words].join(' ')
}

/** A word, quoted for a POSIX shell. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Splits a command into words as a POSIX shell does, without expansions. Undefined if a quote is not closed. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = []
  let rest = text.trimStart()
  while (rest !== '') {
    const [whole] = /^(?:[^\s'"\\]+|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+/s.exec(rest) ?? []
    if (whole === undefined) return undefined
    const after = rest.slice(whole.length)
    if (after !== '' && !/^\s/.test(after)) return undefined
    const parts = whole.matchAll(/([^\s'"\\]+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs)
    words.push(
      Array.from(parts, ([, plain, single, double, escaped]) =>
        double === undefined ? (plain ?? single ?? escaped ?? '') : double.replaceAll(/\\(["\\$`])/g, '$1'),
      ).join(''),
    )
    rest = after.trimStart()
  }
  return words
}
