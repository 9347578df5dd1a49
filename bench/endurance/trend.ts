import { quantile } from '../support/timing.js'

/** A measured value, and how many requests had been answered by then. */
export interface Point {
  requests: number
  value: number
}

/** The growth that is too small to count, whatever its significance. */
export interface Tolerance {
  /** As a share of the value at the start of what is judged, such as 0.05. */
  share: number
  /** In the unit of the values. */
  amount: number
}

/** The course of a series after its warm-up. */
export interface Trend {
  /** The fitted value at the start of what is judged. */
  from: number
  /** By how much the fitted line rises until the end; negative if it falls. */
  growth: number
  per1000Requests: number
  /** The statistic of Mann-Kendall; {@link significantZ} or more is an upward trend. */
  z: number
  /** Whether the series rises significantly, by more than is tolerated, and still does in the last half. */
  isUpward: boolean
}

const windows = 30
// Caches and pools fill, and code is compiled, in the first windows.
const warmUpWindows = 10
// One-sided, at a level of 0.001, because several series are judged in each run.
const significantZ = 3.09

/**
 * Judges whether a series grows with the requests. It takes the lowest value of each of 30 windows, which for a heap is
 * close to what a garbage collection leaves, and discards the first third. The others rise if the Mann-Kendall test
 * says so (H. B. Mann 1945, M. G. Kendall 1975, with the correction for ties), and the slope of Theil and Sen
 * (P. K. Sen 1968) amounts to more than `tolerance`. The slope of the last half must be at least half as steep, so that
 * a step or a cache that has filled is no leak.
 *
 * @param points in the order of time, at least one for each window
 * @throws Error if there are too few
 */
export function findTrend(points: readonly Point[], tolerance: Tolerance): Trend {
  if (points.length < windows) throw new Error(`A trend takes ${windows} samples or more, and not ${points.length}.`)
  const judged = lowestOfWindows(points).slice(warmUpWindows)
  const slope = theilSenSlope(judged)
  const requests = (judged.at(-1)?.requests ?? 0) - (judged[0]?.requests ?? 0)
  const growth = slope * requests
  const from = median(judged.map((point) => point.value - slope * (point.requests - (judged[0]?.requests ?? 0))))
  const z = mannKendallZ(judged.map(({ value }) => value))
  const isLasting = theilSenSlope(judged.slice(Math.floor(judged.length / 2))) >= slope / 2
  const isLarge = growth > Math.max(tolerance.amount, tolerance.share * from)
  return { from, growth, per1000Requests: slope * 1_000, z, isUpward: z >= significantZ && isLarge && isLasting }
}

function lowestOfWindows(points: readonly Point[]): Point[] {
  return Array.from({ length: windows }, (_, window) => {
    const start = Math.floor((window * points.length) / windows)
    const end = Math.floor(((window + 1) * points.length) / windows)
    return points.slice(start, end).reduce((lowest, point) => (point.value < lowest.value ? point : lowest))
  })
}

/** The median of the slopes between each two points, per request. */
function theilSenSlope(points: readonly Point[]): number {
  const slopes = pairsOf(points).flatMap(([earlier, later]) => {
    const requests = later.requests - earlier.requests
    return requests > 0 ? [(later.value - earlier.value) / requests] : []
  })
  return slopes.length > 0 ? median(slopes) : 0
}

/** The number of rises minus that of falls between each two values, divided by its standard deviation without a trend. */
function mannKendallZ(values: readonly number[]): number {
  const rises = pairsOf(values).reduce((sum, [earlier, later]) => sum + Math.sign(later - earlier), 0)
  const ties = [...new Set(values)].map((value) => values.filter((other) => other === value).length)
  const variance = ties.reduce((sum, size) => sum - varianceOf(size), varianceOf(values.length))
  // The correction for continuity.
  return variance > 0 ? (rises - Math.sign(rises)) / Math.sqrt(variance) : 0
}

const varianceOf = (size: number) => (size * (size - 1) * (2 * size + 5)) / 18

function pairsOf<Item>(items: readonly Item[]): [Item, Item][] {
  return items.flatMap((earlier, index) => items.slice(index + 1).map((later): [Item, Item] => [earlier, later]))
}

const median = (values: readonly number[]) => quantile(values, 0.5)
