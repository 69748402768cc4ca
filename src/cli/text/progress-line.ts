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
 * counts and the other details, as far as there is room. The bar takes the remaining width. The label is cut to its
 * first word if that makes room for the first detail and the time left, as the line above already says what is trained.
 */
export function renderProgressLine(line: ProgressLine, width: number): string {
  const { share, counts, details, left } = line
  const percent = `${Math.floor(share * 100)} %`
  const [first, ...others] = details
  const needed = [first, left].flatMap((fact) => (fact === undefined ? [] : [fact]))
  const beside =
    BAR.least + 2 + percent.length + needed.reduce((sum, own) => sum + own.length + GAP.length, 0)
  const chosen = line.label.length + beside <= width ? line.label : firstWord(line.label)
  const label = shorten(chosen, width - percent.length - 1)
  const hasBar = label.length + 1 + BAR.least + 1 + percent.length <= width
  const bare = label.length + 1 + percent.length + (hasBar ? BAR.least + 1 : 0)

  let room = width - bare
  const facts = [...needed, counts, ...others].filter((fact) => {
    const fits = fact.length + GAP.length <= room
    if (fits) room -= fact.length + GAP.length
    return fits
  })
  const bar = hasBar ? [renderBar(share, Math.min(BAR.most, BAR.least + room))] : []
  return [label, ...bar, [percent, ...facts].join(GAP)].join(' ')
}

function renderBar(share: number, width: number): string {
  const full = Math.round(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

function firstWord(text: string): string {
  return text.split(' ', 1)[0]!
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}
