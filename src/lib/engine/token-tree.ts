/** A query for a token's probability after a node. */
export interface TreeQuery {
  node: number
  token: number
}

/**
 * Texts with common starts, as a tree with one token per node, so that common tokens are stored once. A node comes
 * after its parent, so a model reads all nodes as one row in which each sees only its ancestors.
 */
export class TokenTree {
  readonly ids: number[] = []
  /** The node that each follows; −1 for the first. */
  readonly parents: number[] = []
  /** Nodes on the way to each. */
  readonly depths: number[] = []
  readonly #next: Map<number, number>[] = []

  /** The node of a token after a node, −1 for the start. */
  follow(node: number, token: number): number {
    const known = this.#next[node + 1]?.get(token)
    if (known !== undefined) return known
    const added = this.ids.push(token) - 1
    this.parents.push(node)
    this.depths.push(node === -1 ? 0 : this.depths[node]! + 1)
    this.#next[node + 1] ??= new Map()
    this.#next[node + 1]!.set(token, added)
    return added
  }

  /** Adds a text after a node; returns the node at its end. */
  read(node: number, ids: readonly number[]): number {
    return ids.reduce((at, token) => this.follow(at, token), node)
  }

  /** Adds a text after a node; returns a query for each of its tokens. The last token gets no node. */
  ask(node: number, ids: readonly number[]): TreeQuery[] {
    let at = node
    return ids.map((token, index) => {
      if (index > 0) at = this.follow(at, ids[index - 1]!)
      return { node: at, token }
    })
  }

  /** Added to the attention scores, [T, P + T], if all nodes see P earlier positions: 0, or `blocked`. */
  mask(blocked: number, P: number): Float32Array {
    const T = this.ids.length
    const width = P + T
    const mask = new Float32Array(T * width)
    for (const [node, parent] of this.parents.entries()) {
      const start = node * width
      if (parent === -1) mask.fill(blocked, start + P, start + width)
      else mask.copyWithin(start, parent * width, (parent + 1) * width)
      mask[start + P + node] = 0
    }
    return mask
  }
}
