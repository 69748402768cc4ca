import type { MetricDescriptions } from '../../schemas/metric.ts'

/** Descriptions of measures that ask in other ways than the original: they never count as a run's best accuracy. */
export function apart(descriptions: MetricDescriptions): MetricDescriptions {
  return Object.fromEntries(
    Object.entries(descriptions).map(([name, description]) => [name, { ...description, apart: true }]),
  )
}
