import { expect } from 'chai'
import { intervalFigure, SAME_AND_REVERSE } from '../../../src/lib/reporting/interval-figure.ts'
import { renderSvg } from '../../../src/lib/reporting/render-figure.ts'

describe('the numbers of a figure', () => {
  const textsOf = async (values: readonly number[], unit: 'percent' | 'nats') => {
    const { spec } = intervalFigure({
      ...{ name: 'f', title: 'F', caption: 'F.', series: SAME_AND_REVERSE },
      shape: unit === 'percent' ? 'bar' : 'point',
      axis: { title: 'x', unit },
      marks: values.map((value, index) => ({
        ...{ label: `row ${index}`, series: 'same', value, low: null, high: null },
      })),
    })
    const svg = await renderSvg(spec)
    return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
  }

  it('have no exponents on an axis of log-probabilities', async () => {
    const texts = await textsOf([-31, -4], 'nats')
    expect(texts).to.include('−30').and.to.include('−10')
    expect(texts.join(' ')).not.to.match(/\de[+-]?\d/)
  })

  it('keep the digits that tell labels apart', async () => {
    expect(await textsOf([-0.31, -0.28], 'nats')).to.include('−0.300')
  })

  it('are percent with a space, as everywhere', async () => {
    const texts = await textsOf([0, 0.993], 'percent')
    expect(texts).to.include('0.0 %').and.to.include('99.3 %').and.to.include('100 %')
    expect(texts.filter((text) => /\d%/.test(text!))).to.deep.equal([])
  })
})
