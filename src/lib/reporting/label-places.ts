/** A mark in a panel, in pixels from its upper left corner, and its name. */
export interface NamedPoint {
  x: number
  y: number
  text: string
}

/** Position of a name next to its mark. */
export interface LabelPlace {
  /** The end of the name that is at the mark. */
  align: 'left' | 'right'
  below: boolean
}

interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

/** Pixels between a mark and the ends of its name. */
export const LABEL_GAP = { x: 6, above: 4, below: 14 } as const

const FONT_SIZE = 10
const LINE_HEIGHT = 14
/** Mean width of Inter's letters, as a share of the font size. */
const LETTER_WIDTH = 0.58
const MARK_RADIUS = 4

/**
 * Finds a position for each name that overlaps no other name and no mark and is inside the panel: preferably above its
 * mark rather than below, and towards the middle rather than outwards. If there is none, the first position is used.
 */
export function placeLabels(
  named: readonly NamedPoint[],
  all: readonly Omit<NamedPoint, 'text'>[],
  width: number,
) {
  const taken: Box[] = all.map(({ x, y }) => ({
    ...{ left: x - MARK_RADIUS, right: x + MARK_RADIUS },
    ...{ top: y - MARK_RADIUS, bottom: y + MARK_RADIUS },
  }))
  return named.map((point): LabelPlace => {
    const inwards = point.x > width / 2 ? 'right' : 'left'
    const outwards = inwards === 'right' ? 'left' : 'right'
    const places = [inwards, outwards].flatMap((align) =>
      [false, true].map((below) => ({ align, below }) as LabelPlace),
    )
    const free = places.find((place) => {
      const box = boxOf(point, place)
      return box.left >= 0 && box.right <= width && !taken.some((other) => overlap(box, other))
    })
    const place = free ?? places[0]!
    taken.push(boxOf(point, place))
    return place
  })
}

function boxOf({ x, y, text }: NamedPoint, { align, below }: LabelPlace): Box {
  const width = text.length * LETTER_WIDTH * FONT_SIZE
  const left = align === 'left' ? x + LABEL_GAP.x : x - LABEL_GAP.x - width
  const bottom = below ? y + LABEL_GAP.below : y - LABEL_GAP.above
  return { left, right: left + width, top: bottom - LINE_HEIGHT, bottom }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
