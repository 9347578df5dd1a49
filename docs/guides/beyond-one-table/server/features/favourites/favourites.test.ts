import { expect, test } from 'vitest'
import { createCast, newPerson } from '../../testing/cast.js'
import { startTestApp } from '../../testing/test-app.js'
import { createArticle } from '../articles/articles.test-support.js'

const t = await startTestApp()
const { author, other, admin, anonymous } = await createCast(t)

test('favourites are counted once a user, and each viewer sees their own', async () => {
  const { slug } = await createArticle(t, author.user)
  await other.api.favourites.add.mutate({ slug })
  await other.api.favourites.add.mutate({ slug })
  await author.api.favourites.add.mutate({ slug })
  const seenBy = async ({ api }: Pick<typeof other, 'api'>) => await api.articles.get.query({ slug })
  expect(await seenBy(other)).toMatchObject({ isFavourite: true, favouriteCount: 2 })
  expect(await seenBy(admin)).toMatchObject({ isFavourite: false, favouriteCount: 2 })
  expect(await seenBy(anonymous)).toMatchObject({ isFavourite: false, favouriteCount: 2 })
  await other.api.favourites.remove.mutate({ slug })
  expect(await seenBy(other)).toMatchObject({ isFavourite: false, favouriteCount: 1 })
})

test('favourites of removed users are not counted, in lists as in reads', async () => {
  const { id, slug } = await createArticle(t, author.user)
  const { user, api } = await newPerson(t)
  await api.favourites.add.mutate({ slug })
  await t.db.user.update({ where: { id: user.id }, data: { deletedAt: t.clock.now() } })
  expect(await anonymous.api.articles.get.query({ slug })).toMatchObject({ favouriteCount: 0 })
  const { items } = await anonymous.api.articles.list.query({})
  expect(items.find((article) => article.id === id)).toMatchObject({ favouriteCount: 0 })
})

test('articles are found by a tag', async () => {
  const { slug } = await author.api.articles.create.mutate({ title: 'Tagged', body: 'B', tags: ['news', 'sport'] })
  await author.api.articles.create.mutate({ title: 'Other', body: 'B', tags: ['sport'] })
  const { items } = await anonymous.api.articles.list.query({ tag: 'news' })
  expect(items.map((article) => article.slug)).toEqual([slug])
})

test('an admin can remove an article, which is recorded', async () => {
  const { id, slug } = await createArticle(t, author.user)
  await admin.api.articles.remove.mutate({ slug })
  const { items } = await admin.api.audit.list.query({ type: 'article.removed' })
  expect(items).toMatchObject([{ actorId: admin.user.id, userId: author.user.id, data: { articleId: id } }])
  const own = await createArticle(t, author.user)
  await author.api.articles.remove.mutate({ slug: own.slug })
  expect((await admin.api.audit.list.query({ type: 'article.removed' })).items).toHaveLength(1)
})

test('the export of an account has its favourites, which are deleted when it is erased', async () => {
  const { user, api } = await newPerson(t)
  const { id: articleId, slug } = await createArticle(t, author.user)
  await api.favourites.add.mutate({ slug })
  expect((await api.users.exportMe.query()).resources.favourites).toMatchObject([{ articleId }])
  for (const verb of ['remove', 'erase'] as const) await admin.api.users[verb].mutate({ id: user.id })
  await t.container.jobs.drain()
  expect(await t.db.favourite.count({ where: { userId: user.id } })).toBe(0)
})
