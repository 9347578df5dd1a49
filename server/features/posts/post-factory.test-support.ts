import type { Prisma } from '../../generated/client.js'
import type { TestApp } from '../../testing/test-app.js'

/** Makes a published post. */
export async function createPost(
  { db, clock }: TestApp,
  author: { id: string },
  overrides: Partial<Prisma.PostUncheckedCreateInput> = {},
) {
  const data = { title: 'A title', body: 'A body.', status: 'published', publishedAt: clock.now() } as const
  return db.post.create({ data: { authorId: author.id, ...data, ...overrides } })
}
