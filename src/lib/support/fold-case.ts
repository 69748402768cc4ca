/**
 * A text as texts are compared that may differ in letter case and Unicode form. Lower case comes first: that of a capital
 * without a composed form, such as J̌, has one (ǰ).
 */
export function foldCase(text: string): string {
  return text.toLowerCase().normalize('NFC')
}
