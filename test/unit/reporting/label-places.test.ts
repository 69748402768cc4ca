import { expect } from 'chai'
import type { NamedPoint } from '../../../src/lib/reporting/label-places.ts'
import { placeLabels } from '../../../src/lib/reporting/label-places.ts'

const WIDTH = 330
const places = (...points: NamedPoint[]) => placeLabels(points, points, WIDTH)

describe('names beside marks', () => {
  it('stand above their marks, towards the middle', () => {
    expect(places({ x: 40, y: 100, text: 'left' }, { x: 300, y: 100, text: 'right' })).to.deep.equal([
      { align: 'left', below: false },
      { align: 'right', below: false },
    ])
  })

  it('move where another name stands, or another mark', () => {
    const above = places({ x: 309, y: 154, text: 'permuted-segments' }, { x: 292, y: 162, text: 'entities' })
    expect(above).to.deep.equal([
      { align: 'right', below: false },
      { align: 'right', below: true },
    ])
    const level = places({ x: 205, y: 134, text: 'segments' }, { x: 230, y: 137, text: 'entities' })
    expect(level).to.deep.equal([
      { align: 'right', below: false },
      { align: 'left', below: false },
    ])
    const beside = placeLabels([{ x: 300, y: 100, text: 'name' }], [{ x: 285, y: 92 }], WIDTH)
    expect(beside).to.deep.equal([{ align: 'right', below: true }])
  })

  it('stay inside the panel, and take the first place where all are taken', () => {
    const [outside] = places({ x: 200, y: 100, text: 'a name of a hundred letters '.repeat(4) })
    expect(outside).to.deep.equal({ align: 'right', below: false })
    const [narrow] = places({ x: 20, y: 100, text: 'short' })
    expect(narrow!.align).to.equal('left')
  })
})
