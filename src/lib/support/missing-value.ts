/** How spreadsheets, pandas and R write a cell that is empty. */
const SPELLINGS: ReadonlySet<string> = new Set(
  'NaN nan -NaN -nan NA <NA> N/A n/a #N/A #NA NULL Null null None'.split(' '),
)

/** Whether a cell stands for a value that is missing, but does not look empty. */
export function isMissingValue(text: string): boolean {
  return SPELLINGS.has(text.trim())
}
