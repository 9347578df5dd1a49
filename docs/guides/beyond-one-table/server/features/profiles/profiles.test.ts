import { expect, test } from 'vitest'
import { freshAddress, newestToken } from '../../testing/accounts.js'
import { createCast, newPerson } from '../../testing/cast.js'
import { startTestApp } from '../../testing/test-app.js'
import { createArticle } from '../articles/articles.test-support.js'

const t = await startTestApp()
const { author, other, admin, anonymous } = await createCast(t)
const [username, bio] = ['the_author', 'Writes.']
await author.api.users.updateMe.mutate({ username, bio })

test('a profile is found by the username, in any case of its letters', async () => {
  const found = await anonymous.rest('GET', '/profiles/The_Author')
  expect(found.body.data).toMatchObject({ id: author.user.id, username, bio, followerCount: 0, isFollowed: false })
  expect((await anonymous.rest('GET', '/profiles/nobody')).status).toBe(404)
})

test('the feed has the articles of those whom the caller follows, and each viewer sees whom they follow', async () => {
  const { slug } = await createArticle(t, author.user)
  await createArticle(t, admin.user)
  for (let count = 0; count < 2; count += 1) await other.api.profiles.follow.mutate({ username })
  expect(await other.api.profiles.get.query({ username })).toMatchObject({ followerCount: 1, isFollowed: true })
  expect(await admin.api.profiles.get.query({ username })).toMatchObject({ followerCount: 1, isFollowed: false })
  const { items } = await other.api.articles.feed.query({})
  expect(items.map((article) => [article.slug, article.author.username])).toEqual([[slug, username]])
  await other.api.profiles.unfollow.mutate({ username })
  expect((await other.api.articles.feed.query({})).items).toEqual([])
})

test('a username that somebody has cannot be taken, and is free once the account is deleted', async () => {
  const { user, api } = await newPerson(t, { username: 'taken' })
  const take = () => other.api.users.updateMe.mutate({ username: 'Taken' })
  await expect(take()).rejects.toMatchObject({ data: { error: { code: 'CONFLICT' } } })
  await api.profiles.follow.mutate({ username })
  await admin.api.users.remove.mutate({ id: user.id })
  expect(await anonymous.api.profiles.get.query({ username })).toMatchObject({ followerCount: 0 })
  expect(await take()).toMatchObject({ username: 'taken' })
  const restoration = admin.api.users.restore.mutate({ id: user.id })
  await expect(restoration).rejects.toMatchObject({ data: { error: { code: 'CONFLICT' } } })
})

test('users choose a username when they register, and the first one to verify the address gets it', async () => {
  const emails = [freshAddress(), freshAddress()]
  const password = 'a password nobody chose yet'
  for (const email of emails) {
    await anonymous.api.auth.register.mutate({ email, password, name: 'New', username: 'newcomer', bio })
  }
  const verify = async (email = '') => anonymous.api.auth.verifyEmail.mutate({ token: await newestToken(t, email) })
  await verify(emails[0])
  expect(await anonymous.api.profiles.get.query({ username: 'newcomer' })).toMatchObject({ name: 'New', bio })
  await expect(verify(emails[1])).rejects.toMatchObject({ data: { error: { code: 'CONFLICT' } } })
})

test('an erased account has no profile, and nobody follows it', async () => {
  const { user, api } = await newPerson(t, { username: 'leaving' })
  await other.api.profiles.follow.mutate({ username: 'leaving' })
  await api.profiles.follow.mutate({ username })
  expect((await api.users.exportMe.query()).resources.profiles).toMatchObject([{ followedId: author.user.id }])
  for (const verb of ['remove', 'erase'] as const) await admin.api.users[verb].mutate({ id: user.id })
  await t.container.jobs.drain()
  expect(await t.db.follow.count({ where: { OR: [{ followerId: user.id }, { followedId: user.id }] } })).toBe(0)
  const erased = await t.db.user.findFirst({ where: { id: user.id, deletedAt: { not: null } } })
  expect(erased).toMatchObject({ username: null, bio: null })
})
