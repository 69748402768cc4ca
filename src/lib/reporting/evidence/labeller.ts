/** Makes each label once: a million values have the same few thousand, and copies of them would fill the memory. */
export function labeller<T>(labelOf: (key: T) => string): (key: T) => string {
  const labels = new Map<T, string>()
  return (key) => {
    const known = labels.get(key) ?? labelOf(key)
    labels.set(key, known)
    return known
  }
}
