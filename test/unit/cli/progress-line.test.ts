import { expect } from 'chai'
import { renderProgressLine } from '../../../src/cli/text/progress-line.ts'

describe('a line of progress', () => {
  const training = {
    label: 'Training ft-abcd2345',
    share: 0.25,
    counts: '562/2,250',
    details: ['loss 1.234', '9,120 tokens/s'],
    left: '2 min left',
  }

  it('shows all it knows where there is room, and lets the bar grow', () => {
    expect(renderProgressLine(training, 160)).to.equal(
      'Training ft-abcd2345 █████░░░░░░░░░░░░░░░ 25 %  loss 1.234  2 min left  562/2,250  9,120 tokens/s',
    )
  })

  it('keeps bar, loss and time left before counts and speed', () => {
    expect(renderProgressLine(training, 54)).to.equal(
      'Training ft-abcd2345 █░░░ 25 %  loss 1.234  2 min left',
    )
    expect(renderProgressLine(training, 44)).to.equal('Training ██░░░░ 25 %  loss 1.234  2 min left')
    expect(renderProgressLine(training, 37)).to.equal('Training ███░░░░░░░░ 25 %  loss 1.234')
  })

  it('never wraps, however narrow the terminal is', () => {
    for (let width = 8; width <= 200; width++) {
      expect(renderProgressLine(training, width).length, String(width)).to.be.at.most(width)
    }
    expect(renderProgressLine(training, 12)).to.equal('Traini… 25 %')
  })

  it('fills its bar at the end and has none at the start', () => {
    const share = (value: number) => renderProgressLine({ ...training, share: value }, 32)
    expect(share(0)).to.equal('Training ░░░░░░░ 0 %  loss 1.234')
    expect(share(1)).to.equal('Training █████ 100 %  loss 1.234')
  })
})
