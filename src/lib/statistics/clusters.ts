import { mean } from './samples.ts'

/** A label for each value, such as the fact that a prompt asks for: values with the same one are not independent. */
export type Clusters = readonly (string | number)[]

/** The values of each cluster by its label, in the order of first appearance. */
export function groupByCluster(
  values: readonly number[],
  clusters: Clusters,
): Map<string | number, number[]> {
  if (values.length !== clusters.length)
    throw new RangeError(`${values.length} values need as many cluster labels, not ${clusters.length}`)
  return Map.groupBy(values, (_, index) => clusters[index]!)
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
