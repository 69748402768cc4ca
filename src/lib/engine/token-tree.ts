/** Where a token is asked for: after a node. */
export interface TreeQuery {
  node: number
  token: number
}

/**
 * Texts that begin alike, as nodes of one token each: what several have in common is there once. A node comes after the
 * one that it follows, so a model reads them all as one row in which each sees those on the way to it.
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

  /** The node at the end of a text that begins after a node. */
  read(node: number, ids: readonly number[]): number {
    return ids.reduce((at, token) => this.follow(at, token), node)
  }

  /** Where each token of a text is asked for that begins after a node. No node is made of its last. */
  ask(node: number, ids: readonly number[]): TreeQuery[] {
    let at = node
    return ids.map((token, index) => {
      if (index > 0) at = this.follow(at, ids[index - 1]!)
      return { node: at, token }
    })
  }

  /** What is added to the attention scores [T, P + T] where all see P earlier positions: 0, or `blocked`. */
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
