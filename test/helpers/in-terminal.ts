import { expect } from 'chai'

/** What a text is in a terminal of so many columns, which decides how its lines are broken. */
export function inTerminal(columns: number, render: () => string): string {
  const { isTTY, columns: before } = process.stdout
  Object.assign(process.stdout, { isTTY: true, columns })
  try {
    return render()
  } finally {
    Object.assign(process.stdout, { isTTY, columns: before })
  }
}

/** Fails where a line is wider than the terminal and is not one word, such as a path, which must stay whole. */
export function expectToFit(columns: number, render: () => string): string {
  const text = inTerminal(columns, render)
  const wide = text.split('\n').filter((line) => line.length > columns && line.trim().includes(' '))
  expect(wide, `${columns} columns`).to.deep.equal([])
  return text
}
