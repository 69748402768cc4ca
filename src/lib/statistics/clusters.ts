import { mean } from './samples.ts'

/** A label for each value, such as the fact that a prompt asks for: values with the same one are not independent. */
export type Clusters = readonly (string | number)[]

/**
 * The values of each cluster by its label, in the order of labels: what is drawn at random from clusters is then the same
 * in whatever order their values come, as from a journal that was written out of order.
 */
export function groupByCluster(
  values: readonly number[],
  clusters: Clusters,
): Map<string | number, number[]> {
  if (values.length !== clusters.length)
    throw new RangeError(`${values.length} values need as many cluster labels, not ${clusters.length}`)
  const groups = [...Map.groupBy(values, (_, index) => clusters[index]!)]
  return new Map(groups.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The mean of each cluster by its label: one independent value a fact, as tests want them. */
export function meanByCluster({
  values,
  clusters,
}: {
  values: readonly number[]
  clusters: Clusters
}): Map<string | number, number> {
  const groups = groupByCluster(values, clusters)
  return new Map(Array.from(groups, ([label, group]) => [label, mean(group)]))
}
