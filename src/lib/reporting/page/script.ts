/** Sorts a table by a column at a click on its heading: the largest numbers first, then the other way round. */
export const SCRIPT = `
for (const table of document.querySelectorAll('table')) {
  const heads = [...table.querySelectorAll('th')]
  const body = table.tBodies[0]
  const rows = [...body.rows]
  heads.forEach((head, column) => {
    const numeric = head.classList.contains('number')
    head.querySelector('button').addEventListener('click', () => {
      const falling = head.ariaSort === null ? numeric : head.ariaSort !== 'descending'
      const value = (row) => numeric ? row.cells[column].dataset.value : row.cells[column].textContent
      const compare = (a, b) => numeric ? a - b : a.localeCompare(b, 'en', { numeric: true })
      const filled = rows.filter((row) => value(row) !== '')
      filled.sort((a, b) => (falling ? -1 : 1) * compare(value(a), value(b)))
      body.append(...filled, ...rows.filter((row) => value(row) === ''))
      for (const other of heads) other.ariaSort = null
      head.ariaSort = falling ? 'descending' : 'ascending'
    })
  })
}
`
