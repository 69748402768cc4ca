import { InputError } from './errors.ts'

/** Throws InputError BAD_NAME unless the name is a plain folder name; letters of any script are allowed. */
export function requireFolderName(name: string, { suggestions = [] }: { suggestions?: string[] } = {}): void {
  if (/^[\p{L}\p{M}\p{N}_@+=,.-]+$/u.test(name) && !/^\.+$/.test(name)) return
  throw new InputError(`The name ${name} is not allowed: use letters, digits and _ - . , + = @.`, {
    code: 'BAD_NAME',
    suggestions,
  })
}

/** Turns a name into part of a folder name: characters that are not allowed become `_`. */
export function asFolderName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{M}\p{N}_@+=,.-]+/gu, '_')
}
