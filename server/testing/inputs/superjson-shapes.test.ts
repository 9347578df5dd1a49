import { expect, it } from 'vitest'
import { shapes } from './superjson-shapes.js'

it.each(Object.entries(shapes))('creates %s as JSON, in proportion to the size', (_name, write) => {
  const [small, large] = [write(2_500), write(20_000)]
  expect(() => [JSON.parse(small), JSON.parse(large)]).not.toThrow()
  expect(large.length).toBeLessThan(1.1 * 20_000)
  expect(large.length / small.length).toBeGreaterThan(6)
  expect(large.length / small.length).toBeLessThan(10)
})
