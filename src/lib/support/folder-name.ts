import { InputError } from './errors.ts'

/** Throws InputError BAD_NAME for a name that is no plain name of a folder; letters of any script are. */
export function requireFolderName(name: string, { suggestions = [] }: { suggestions?: string[] } = {}): void {
  if (/^[\p{L}\p{M}\p{N}_@+=,.-]+$/u.test(name) && !/^\.+$/.test(name)) return
  throw new InputError(`The name ${name} is not allowed: use letters, digits and _ - . , + = @.`, {
    code: 'BAD_NAME',
    suggestions,
  })
}

/** A name as a part of a folder's: what it may not have becomes `_`. */
export function asFolderName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{M}\p{N}_@+=,.-]+/gu, '_')
}
