import type { Prisma } from '../../generated/client.js'
import { type AuditActions, type CallRows, notYours, type Stage } from '../../testing/stage.js'
import type { TestApp } from '../../testing/test-app.js'

/** Creates a published post. */
export async function createPost(
  { db, clock }: TestApp,
  author: { id: string },
  overrides: Partial<Prisma.PostUncheckedCreateInput> = {},
) {
  const publishedAt = overrides.createdAt ?? clock.now()
  const data = { title: 'A title', body: 'A body.', status: 'published', publishedAt } as const
  return db.post.create({ data: { authorId: author.id, ...data, ...overrides } })
}

const postOfOwner = async ({ t, owner }: Stage) => ({ id: (await createPost(t, owner.user)).id })

/** The calls of each procedure of posts, for the tests of all procedures. */
export const calls: CallRows = {
  'posts.list': { input: () => ({ limit: 5, order: 'oldest' }) },
  'posts.get': { input: postOfOwner },
  'posts.create': {
    input: () => ({ title: 'T', body: 'B' }),
  },
  'posts.replace': {
    input: async (stage) => ({ ...(await postOfOwner(stage)), title: 'T', body: 'B', status: 'draft' }),
    exceptions: notYours,
  },
  'posts.update': {
    input: async (stage) => ({ ...(await postOfOwner(stage)), title: 'T' }),
    exceptions: notYours,
  },
  'posts.remove': { input: postOfOwner, exceptions: notYours },
  'posts.restore': {
    input: async ({ t, owner }) => ({ id: (await createPost(t, owner.user, { deletedAt: t.clock.now() })).id }),
  },
}

/** An action for each audit event of posts. */
export const auditActions: AuditActions = {
  'post.removed': async ({ t, owner, admin }) =>
    admin.api.posts.remove.mutate({ id: (await createPost(t, owner.user)).id }),
  'post.restored': async ({ t, owner, admin }) =>
    admin.api.posts.restore.mutate({ id: (await createPost(t, owner.user, { deletedAt: t.clock.now() })).id }),
  'post.updated_by_admin': async ({ t, owner, admin }) =>
    admin.api.posts.update.mutate({ id: (await createPost(t, owner.user)).id, title: 'Corrected' }),
}
