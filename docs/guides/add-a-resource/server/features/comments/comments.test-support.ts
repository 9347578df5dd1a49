import type { Prisma } from '../../generated/client.js'
import { type CallRows, ownerOnly, type Stage } from '../../testing/stage.js'
import type { TestApp } from '../../testing/test-app.js'
import { createPost } from '../posts/posts.test-support.js'

type Overrides = Partial<Prisma.CommentUncheckedCreateInput>

/** Creates a comment, on a new post of its author unless `postId` is given. */
export async function createComment(t: TestApp, author: { id: string }, overrides: Overrides = {}) {
  const postId = overrides.postId ?? (await createPost(t, author)).id
  return t.db.comment.create({ data: { postId, authorId: author.id, body: 'A body.', ...overrides } })
}

const onPost = async ({ t, owner }: Stage) => ({ postId: (await createPost(t, owner.user)).id })
const ofOwner = async ({ t, owner }: Stage) => ({ id: (await createComment(t, owner.user)).id })

/** The calls of each procedure of comments, for the tests of all procedures. */
export const calls: CallRows = {
  'comments.list': { input: onPost },
  'comments.get': { input: ofOwner },
  'comments.create': { input: async (stage) => ({ ...(await onPost(stage)), body: 'B' }) },
  'comments.update': { input: async (stage) => ({ ...(await ofOwner(stage)), body: 'B' }), exceptions: ownerOnly },
  'comments.remove': { input: ofOwner, exceptions: ownerOnly },
  'comments.restore': {
    input: async ({ t, owner }) => ({ id: (await createComment(t, owner.user, { deletedAt: t.clock.now() })).id }),
  },
}
