import { expect, test } from 'vitest'
import { expectRow } from './locked-row.js'

const row = { id: 'a', version: 3 }

test('returns the row if no version is given, or the current one', () => {
  expect(expectRow([row], { resource: 'Post' })).toBe(row)
  expect(expectRow([row], { resource: 'Post', version: 3 })).toBe(row)
})

test.each([2, 4])('rejects a change of version 3 that is based on version %d', (version) => {
  const mismatch = expect.objectContaining({ code: 'VERSION_MISMATCH' })
  expect(() => expectRow([row], { resource: 'Post', version })).toThrow(mismatch)
})

test('names the resource that does not exist', () => {
  const missing = expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('Post') })
  expect(() => expectRow([], { resource: 'Post', version: 3 })).toThrow(missing)
})
