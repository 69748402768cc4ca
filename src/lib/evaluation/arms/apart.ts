import type { MetricDescriptions } from '../../schemas/metric.ts'

/** Descriptions of what is asked in another way than the original asks: they are no run's best accuracy. */
export function apart(descriptions: MetricDescriptions): MetricDescriptions {
  return Object.fromEntries(
    Object.entries(descriptions).map(([name, description]) => [name, { ...description, apart: true }]),
  )
}
