import { randomUUID } from 'node:crypto'
import type { CallRows, Stage } from '../../testing/stage.js'

/** Gives a user a username that nobody else has. */
async function withUsername({ t, owner }: Stage) {
  const username = `user_${randomUUID().slice(-12)}`
  await t.db.user.update({ where: { id: owner.user.id }, data: { username } })
  return { username }
}

/** The calls of each procedure of profiles, for the tests of all procedures. */
export const calls: CallRows = {
  'profiles.get': { input: withUsername },
  'profiles.follow': { input: withUsername },
  'profiles.unfollow': { input: withUsername },
}
