import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../server/config.js'
import { createContainer } from '../../server/container.js'
import { createUsers, signInAll } from '../support/people.js'
import { fillPosts } from '../support/posts.js'
import { productionSettings, startDatabase } from '../support/settings.js'

const authors = 200

export type Stage = Awaited<ReturnType<typeof prepare>>

/** Starts a database with users who are signed in and with posts. */
export async function prepare({ posts }: { posts: number }) {
  const postgres = await startDatabase()
  const settings = { ...(await productionSettings(postgres.url)), LOG_LEVEL: 'info' }
  const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }))
  const people = await signInAll(container, await createUsers(container, authors))
  const client = await fillPosts(postgres.url, { users: 1_000, posts })
  const { rows } = await client.query<{ id: string }>(
    `SELECT "id" FROM "Post" WHERE "status" = 'published' ORDER BY "id" LIMIT 1000`,
  )
  await client.end()
  return {
    settings,
    people,
    postIds: rows.map(({ id }) => id),
    async stop() {
      await container.close()
      await postgres.stop()
    },
  }
}

/** Starts the server without anything of this application, in a separate process. */
export async function startBareServer({ settings }: Pick<Stage, 'settings'>) {
  const file = fileURLToPath(new URL('./bare-server.mjs', import.meta.url))
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', DATABASE_URL: settings.DATABASE_URL }
  const child = fork(file, { env, execArgv: [] })
  const [{ url }] = await once(child, 'message')
  return { url, pid: child.pid ?? 0, stop: () => child.kill() }
}
