/** A view for each value of the field `panel`, one under another; scales of `independent` channels are each view's own. */
export function inPanels({
  spec,
  panels,
  independent,
}: {
  spec: object
  panels: readonly string[]
  independent: readonly ('x' | 'y')[]
}) {
  return {
    facet: {
      row: {
        ...{ field: 'panel', type: 'nominal', title: null, sort: panels },
        header: { orient: 'top', labelAnchor: 'start', labelPadding: 5 },
      },
    },
    spec,
    resolve: { scale: Object.fromEntries(independent.map((channel) => [channel, 'independent'])) },
    spacing: 15,
  }
}
