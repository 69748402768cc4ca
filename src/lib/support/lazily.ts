/** A lazy `flatMap`: it runs while the result is read, each time that it is read. */
export function lazily<T, U>(items: Iterable<T>, map: (item: T, index: number) => Iterable<U>): Iterable<U> {
  return {
    *[Symbol.iterator]() {
      let index = 0
      for (const item of items) yield* map(item, index++)
    },
  }
}
