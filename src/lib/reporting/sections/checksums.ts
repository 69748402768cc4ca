/** Digits of a checksum that distinguish files. */
const HASH_LENGTH = 12

/** The start of a checksum, which is enough for a reader. */
export function startOfHash(checksum: string): string {
  return checksum.slice(0, HASH_LENGTH)
}
