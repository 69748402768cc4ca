import { InputError } from './errors.ts'

/** Throws InputError BAD_NAME for a name that is no plain name of a folder. */
export function requireFolderName(name: string, { suggestions = [] }: { suggestions?: string[] } = {}): void {
  if (/^[\w@+=,.-]+$/.test(name) && !/^\.+$/.test(name)) return
  throw new InputError(`The name ${name} is not allowed: use letters, digits and _ - . , + = @.`, {
    code: 'BAD_NAME',
    suggestions,
  })
}
