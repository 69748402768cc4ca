import { mean } from './samples.ts'

/** A label for each value, such as the fact that a prompt asks for: values with the same one are not independent. */
export type Clusters = readonly (string | number)[]

/**
 * Values by the label of their cluster, sorted by label, so that random draws from clusters do not depend on the order
 * of the values, such as that of a journal.
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

/** The mean of each cluster by its label: one independent value per fact, as tests require. */
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
