/** How spreadsheets, pandas and R write a cell that is empty. */
const SPELLINGS: ReadonlySet<string> = new Set(
  'NaN nan -NaN -nan NA <NA> N/A n/a #N/A #NA NULL Null null None'.split(' '),
)

/** Whether a cell that is not empty means a missing value, such as "NaN". */
export function isMissingValue(text: string): boolean {
  return SPELLINGS.has(text.trim())
}
