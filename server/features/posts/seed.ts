import type { Transaction } from '../../core/database/client.js'
import { cycle, writePost } from './seed-texts.js'

const postCount = 200

/** Writes development posts, one in five a draft, by all users in turn, evenly over the `spreadMs` before `now`. */
export async function seedPosts(tx: Transaction, now: Date, spreadMs: number): Promise<void> {
  const authors = await tx.user.findMany({ select: { id: true }, orderBy: { id: 'asc' } })
  const data = Array.from({ length: postCount }, (_, index) => {
    const age = Math.round(((postCount - index) / (postCount + 1)) * spreadMs)
    const createdAt = new Date(now.getTime() - age)
    const isDraft = index % 5 === 4
    const state = isDraft ? { status: 'draft' as const } : { status: 'published' as const, publishedAt: createdAt }
    return { ...writePost(index), authorId: cycle(authors, index * 7).id, createdAt, ...state }
  })
  await tx.post.createMany({ data })
}
