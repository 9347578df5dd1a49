import { expect, test } from 'vitest'
import { seed } from '../../../prisma/seed.js'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'

test('creates 200 posts in both states over 90 days', async () => {
  const database = await createTestDatabase()
  const db = openDatabase(database.url, { max: 1 })
  await seed({ databaseUrl: database.url, passwordPepper: 'a pepper for this test' })
  const posts = await db.post.findMany()
  expect(posts).toHaveLength(200)
  expect(new Set(posts.map(({ title }) => title)).size).toBe(200)
  expect(posts.filter(({ status }) => status === 'draft')).toHaveLength(40)
  expect(posts.every((post) => (post.status === 'published') === (post.publishedAt !== null))).toBe(true)
  const ages = posts.map(({ createdAt }) => (Date.now() - createdAt.getTime()) / 86_400_000)
  expect(Math.max(...ages)).toBeGreaterThan(85)
  expect(Math.max(...ages)).toBeLessThan(90)
  await db.$disconnect()
  await database.drop()
})
