/** Something that is wrong with a data set. */
export interface Finding {
  /** A warning does not make the data set invalid. */
  severity: 'error' | 'warning'
  /** The rule that is broken, such as `leak` or `duplicate`. */
  rule: string
  /** File name within the data set. */
  file: string
  /** From 1; absent if it concerns the whole file. */
  line?: number
  /** What is wrong, to be shown after file and line: "repeats line 3". */
  message: string
}

/** An error in a line of a file, or in the whole file if `line` is undefined. */
export function errorIn(file: string, line: number | undefined, rule: string, message: string): Finding {
  return { severity: 'error', rule, file, ...(line !== undefined && { line }), message }
}
