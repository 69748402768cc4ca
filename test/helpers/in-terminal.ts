import { expect } from 'chai'

/** A text as rendered in a terminal with so many columns, which decides where its lines break. */
export function inTerminal(columns: number, render: () => string): string {
  const { isTTY, columns: before } = process.stdout
  Object.assign(process.stdout, { isTTY: true, columns })
  try {
    return render()
  } finally {
    Object.assign(process.stdout, { isTTY, columns: before })
  }
}

/** Fails if a line is wider than the terminal, unless it is a single word, such as a path, which must stay whole. */
export function expectToFit(columns: number, render: () => string): string {
  const text = inTerminal(columns, render)
  const wide = text.split('\n').filter((line) => line.length > columns && line.trim().includes(' '))
  expect(wide, `${columns} columns`).to.deep.equal([])
  return text
}
