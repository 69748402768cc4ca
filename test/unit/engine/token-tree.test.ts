import { expect } from 'chai'
import { TokenTree } from '../../../src/lib/engine/token-tree.ts'

describe('a tree of tokens', () => {
  const tree = new TokenTree()
  const end = tree.read(-1, [5, 6])
  const asked = [[1, 2, 3], [1, 2, 4, 1], [6], [], [1]].map((ids) => tree.ask(end, ids))

  it('has what texts share once, and no node for what follows nothing', () => {
    expect(tree.ids).to.deep.equal([5, 6, 1, 2, 4])
    expect(tree.parents).to.deep.equal([-1, 0, 1, 2, 3])
    expect(tree.depths).to.deep.equal([0, 1, 2, 3, 4])
  })

  it('asks for each token after the one before it', () => {
    const pairs = asked.map((queries) => queries.map(({ node, token }) => [node, token]))
    expect(pairs).to.deep.equal([
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      [
        [1, 1],
        [2, 2],
        [3, 4],
        [4, 1],
      ],
      [[1, 6]],
      [],
      [[1, 1]],
    ])
  })

  it('lets each node see earlier positions, those on its way and itself', () => {
    const forked = new TokenTree()
    const root = forked.read(-1, [7])
    forked.read(root, [1, 2])
    forked.read(root, [3])
    const seen = Array.from(forked.mask(-9, 2), (value) => (value === 0 ? 'x' : '.')).join('')
    expect(seen.match(/.{6}/g)).to.deep.equal(['xxx...', 'xxxx..', 'xxxxx.', 'xxx..x'])
  })
})
