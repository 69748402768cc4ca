/** The content of a PDF page as PDF operators, and the opacities that they use. */
export interface Drawing {
  content: string
  /** By name, such as `o20`: 0 to 1. */
  opacities: ReadonlyMap<string, number>
}

type Attributes = ReadonlyMap<string, string>

const CAPS: Readonly<Record<string, number>> = { butt: 0, round: 1, square: 2 }
const JOINS: Readonly<Record<string, number>> = { miter: 0, round: 1, bevel: 2 }

/** The allowed attributes of a path or group; others would be drawn wrong. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  svg: ['width', 'height', 'viewBox', 'xmlns'],
  defs: [],
  clipPath: ['id'],
  g: ['id', 'transform', 'clip-path', 'opacity'],
  path: [
    ...[
      'id',
      'd',
      'visibility',
      'fill',
      'fill-opacity',
      'fill-rule',
      'stroke',
      'stroke-opacity',
      'stroke-width',
    ],
    ...['stroke-linecap', 'stroke-linejoin', 'stroke-miterlimit', 'stroke-dasharray', 'stroke-dashoffset'],
  ],
}

/**
 * The paths of an SVG that resvg has simplified: of absolute commands, with all styles as attributes and all texts as
 * outlines. Throws Error for what no figure has, such as gradients.
 */
export function drawOutlines(svg: string, { height, scale }: { height: number; scale: number }): Drawing {
  const opacities = new Map<string, number>()
  const clips = new Map<string, string>()
  const out = [`${scale} 0 0 ${-scale} 0 ${height} cm`]
  let clip: string | undefined
  // Opacities of the open groups, innermost last. No figure has overlapping shapes in one group.
  const veils = [1]
  for (const { name, attributes, opens, closes } of elementsOf(svg)) {
    refuseUnknown(name, attributes)
    if (name === 'clipPath') {
      clip = opens ? attributes.get('id') : undefined
    } else if (name === 'path' && clip !== undefined) {
      clips.set(clip, `${clips.get(clip) ?? ''}${drawPath(attributes.get('d')!)}\n`)
    } else if (name === 'path') {
      const veil = veils.at(-1)!
      if (attributes.get('visibility') !== 'hidden' && veil > 0)
        out.push(...paint(attributes, veil, opacities))
    } else if (name === 'g') {
      if (opens) {
        out.push('q', ...enter(attributes, clips))
        veils.push(veils.at(-1)! * Number(attributes.get('opacity') ?? 1))
      }
      if (closes) {
        out.push('Q')
        veils.pop()
      }
    }
  }
  return { content: out.join('\n'), opacities }
}

function* elementsOf(svg: string) {
  for (const [, end, name, given, empty] of svg.matchAll(/<(\/?)([a-zA-Z]+)([^>]*?)(\/?)>/g)) {
    const attributes = new Map(
      Array.from(given!.matchAll(/([\w:-]+)="([^"]*)"/g), ([, key, value]) => [key!, value!]),
    )
    yield { name: name!, attributes, opens: end === '', closes: end === '/' || empty === '/' }
  }
}

function refuseUnknown(name: string, attributes: Attributes): void {
  const known = KNOWN[name]
  const other = [...attributes.keys()].find((key) => known?.includes(key) === false)
  if (known === undefined) throw new Error(`A figure holds ${name}, which cannot be drawn as PDF.`)
  if (other !== undefined)
    throw new Error(`A figure holds ${name} with ${other}, which cannot be drawn as PDF.`)
}

function enter(attributes: Attributes, clips: ReadonlyMap<string, string>): string[] {
  const [, matrix] = /^matrix\((.+)\)$/.exec(attributes.get('transform') ?? '') ?? []
  const [, id] = /^url\(#(.+)\)$/.exec(attributes.get('clip-path') ?? '') ?? []
  return [
    ...(matrix === undefined ? [] : [`${numbers(matrix.split(' ').map(Number))} cm`]),
    // A clip without a path hides nothing in PDF but everything in SVG.
    ...(id === undefined ? [] : [`${clips.get(id) ?? '0 0 m\n'}W n`]),
  ]
}

function paint(attributes: Attributes, veil: number, opacities: Map<string, number>): string[] {
  const own = (key: string) => attributes.get(key)
  // By default, a path is filled with black and has no stroke.
  const fill = colourOf(own('fill') ?? '#000000')
  const stroke = colourOf(own('stroke') ?? 'none')
  if (fill === undefined && stroke === undefined) return []
  const opacity = [
    ...(fill === undefined ? [] : [opacityOf('f', veil * Number(own('fill-opacity') ?? 1), opacities)]),
    ...(stroke === undefined ? [] : [opacityOf('s', veil * Number(own('stroke-opacity') ?? 1), opacities)]),
  ].flat()
  const dashes = (own('stroke-dasharray') ?? '').split(' ').filter(Boolean).map(Number)
  const evenOdd = own('fill-rule') === 'evenodd' ? '*' : ''
  const operator = fill === undefined ? 'S' : stroke === undefined ? `f${evenOdd}` : `B${evenOdd}`
  return [
    'q',
    ...opacity,
    ...(fill === undefined ? [] : [`${fill} rg`]),
    ...(stroke === undefined
      ? []
      : [
          `${stroke} RG`,
          `${number(Number(own('stroke-width') ?? 1))} w`,
          `${CAPS[own('stroke-linecap') ?? 'butt']} J`,
          `${JOINS[own('stroke-linejoin') ?? 'miter']} j`,
          `${number(Number(own('stroke-miterlimit') ?? 4))} M`,
          `[${numbers(dashes)}] ${number(Number(own('stroke-dashoffset') ?? 0))} d`,
        ]),
    drawPath(own('d')!),
    operator,
    'Q',
  ]
}

function colourOf(text: string): string | undefined {
  if (text === 'none') return undefined
  const [, ...channels] = /^#(..)(..)(..)$/.exec(text) ?? []
  if (channels.length < 3) throw new Error(`A figure is painted with ${text}, which cannot be drawn as PDF.`)
  return numbers(channels.map((channel) => Number.parseInt(channel, 16) / 255))
}

function opacityOf(kind: 'f' | 's', opacity: number, opacities: Map<string, number>): string[] {
  if (opacity === 1) return []
  const name = `${kind}${Math.round(1000 * opacity)}`
  opacities.set(name, opacity)
  return [`/${name} gs`]
}

/** In PDF's operators, which have no quadratic curves. */
function drawPath(d: string): string {
  const out: string[] = []
  let [x, y] = [0, 0]
  for (const [, command, given] of d.matchAll(/([MLQCZ])([^MLQCZ]*)/g)) {
    const points = given!.trim().split(/\s+/).filter(Boolean).map(Number)
    const [endX = x, endY = y] = points.slice(-2)
    if (command === 'M') out.push(`${numbers(points)} m`)
    else if (command === 'L') out.push(`${numbers(points)} l`)
    else if (command === 'C') out.push(`${numbers(points)} c`)
    else if (command === 'Q') {
      const [midX, midY] = points as [number, number]
      const towards = (from: number, to: number) => from + (2 / 3) * (to - from)
      const controls = [towards(x, midX), towards(y, midY), towards(endX, midX), towards(endY, midY)]
      out.push(`${numbers([...controls, endX, endY])} c`)
    } else out.push('h')
    ;[x, y] = [endX, endY]
  }
  return out.join('\n')
}

function numbers(values: readonly number[]): string {
  return values.map(number).join(' ')
}

/** Rounded to a thousandth of a pixel, which is invisible; PDF has no exponents. */
function number(value: number): string {
  const rounded = Math.round(1000 * value) / 1000
  return Object.is(rounded, -0) ? '0' : String(rounded)
}
