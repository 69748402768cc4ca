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
