/** Something that is wrong with a data set. */
export interface Finding {
  /** A warning does not make the data set invalid. */
  severity: 'error' | 'warning'
  /** What kind of thing is wrong, such as `leak` or `duplicate`. */
  rule: string
  /** File name within the data set. */
  file: string
  /** From 1; absent where it concerns the whole file. */
  line?: number
  /** What is wrong, as it follows the file and the line: "repeats line 3". */
  message: string
}

/** An error in a line of a file, or in the file as a whole where `line` is undefined. */
export function errorIn(file: string, line: number | undefined, rule: string, message: string): Finding {
  return { severity: 'error', rule, file, ...(line !== undefined && { line }), message }
}
