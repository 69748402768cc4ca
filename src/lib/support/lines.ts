/** Lines as Python reads them; an end of line at the end of the text begins no further one. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
