import { describe, expect, it } from 'vitest'
import { createRandom } from '../../server/testing/random.js'
import { findTrend } from './trend.js'

const megabyte = 1024 * 1024
const tolerance = { share: 0.05, amount: 2 * megabyte }
const samples = 300
const seeds = Array.from({ length: 20 }, (_, seed) => seed)

/** The trend of a series in megabytes, of which `megabytesAt` gives the value at a time from 0 to 1, plus noise. */
function trendOf(megabytesAt: (time: number, index: number) => number, { seed = 1, noise = 2 } = {}) {
  const random = createRandom(seed)
  const points = Array.from({ length: samples }, (_, index) => ({
    requests: index * 100,
    value: (megabytesAt(index / samples, index) + (noise * random.below(1_000)) / 1_000) * megabyte,
  }))
  return findTrend(points, tolerance)
}

// The fill of the heap since the last of some collections, between 0 and 30 megabytes.
const sawTooth = (index: number, period: number) => (30 * (index % period)) / period

describe('a series without a leak', () => {
  it.each(seeds)('is accepted if it is flat with noise (seed %i)', (seed) => {
    expect(trendOf(() => 80, { seed, noise: 10 })).toMatchObject({ isUpward: false })
  })

  it.each([7, 13, 50])('is accepted if collections every %i samples make it a saw-tooth', (period) => {
    expect(trendOf((_, index) => 80 + sawTooth(index, period))).toMatchObject({ isUpward: false })
  })

  it.each([0.1, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])('is accepted if a step at %d of the time ends', (at) => {
    expect(trendOf((time) => (time < at ? 80 : 110))).toMatchObject({ isUpward: false })
  })

  it.each([0.2, 0.4, 0.6])('is accepted if it fills until %d of the time and then stays', (until) => {
    expect(trendOf((time) => 80 + 40 * Math.min(1, time / until))).toMatchObject({ isUpward: false })
  })

  it.each([1, 5, 20])('is accepted if only its last %i samples are a spike', (length) => {
    expect(trendOf((_, index) => (index >= samples - length ? 400 : 80))).toMatchObject({ isUpward: false })
  })

  it('is accepted if it falls, or never changes', () => {
    expect(trendOf((time) => 80 - 30 * time)).toMatchObject({ isUpward: false })
    expect(trendOf(() => 80, { noise: 0 })).toMatchObject({ isUpward: false, growth: 0, z: 0 })
  })

  it('is accepted if it rises significantly, but by less than is tolerated', () => {
    const { isUpward, z } = trendOf((time) => 80 + 3 * time, { noise: 0.1 })
    expect(z).toBeGreaterThan(5)
    expect(isUpward).toBe(false)
  })
})

describe('a series with a leak', () => {
  it.each(seeds)('is found below noise that is larger than the leak of ten samples (seed %i)', (seed) => {
    expect(trendOf((time) => 80 + 30 * time, { seed, noise: 10 })).toMatchObject({ isUpward: true })
  })

  it.each([7, 13])('is found below a saw-tooth of collections every %i samples', (period) => {
    expect(trendOf((time, index) => 80 + 20 * time + sawTooth(index, period))).toMatchObject({ isUpward: true })
  })

  it('is told in its amount per 1,000 requests', () => {
    const trend = trendOf((time) => 80 + 30 * time, { noise: 0 })
    // 30 megabytes in 30,000 requests.
    expect(trend.per1000Requests / megabyte).toBeCloseTo(1, 5)
    expect(trend.from / megabyte).toBeCloseTo(90, 5)
  })

  it('is found in a number that rises by one from time to time', () => {
    const points = Array.from({ length: samples }, (_, index) => ({
      requests: index * 100,
      value: 20 + Math.floor(index / 20),
    }))
    expect(findTrend(points, { share: 0.1, amount: 3 })).toMatchObject({ isUpward: true })
  })
})

it('refuses fewer samples than it has windows', () => {
  const points = Array.from({ length: 29 }, () => ({ requests: 0, value: 0 }))
  expect(() => findTrend(points, tolerance)).toThrow('30 samples')
})
