/** Characters of the bar. */
const BAR = { most: 20, least: 4 }
/** Between facts. */
const GAP = '  '

export interface ProgressLine {
  /** What is done, such as "Training". */
  label: string
  /** 0 to 1. */
  share: number
  /** Such as "12/2,250 steps". */
  counts: string
  /** Facts, the most important first, such as "loss 1.234". */
  details: readonly string[]
  /** Such as "2 min left". */
  left?: string | undefined
}

/**
 * A line of progress that never wraps: label, bar and percent come first, then the first detail, the time left, the
 * counts and the other details, each where there is room for it. What the bar can grow by goes to the bar.
 */
export function renderProgressLine(line: ProgressLine, width: number): string {
  const { share, counts, details, left } = line
  const percent = `${Math.floor(share * 100)} %`
  const label = shorten(line.label, width - percent.length - 1)
  const hasBar = label.length + 1 + BAR.least + 1 + percent.length <= width
  const bare = label.length + 1 + percent.length + (hasBar ? BAR.least + 1 : 0)

  const [first, ...others] = details
  let room = width - bare
  const shown = new Set<string>()
  for (const fact of [first, left, counts, ...others]) {
    if (fact === undefined || fact.length + GAP.length > room) continue
    shown.add(fact)
    room -= fact.length + GAP.length
  }
  const facts = [counts, ...details, ...(left === undefined ? [] : [left])].filter((fact) => shown.has(fact))
  const bar = hasBar ? [renderBar(share, Math.min(BAR.most, BAR.least + room))] : []
  return [label, ...bar, [percent, ...facts].join(GAP)].join(' ')
}

function renderBar(share: number, width: number): string {
  const full = Math.round(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}
