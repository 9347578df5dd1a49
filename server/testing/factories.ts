import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../core/jobs/job.js'
import { enqueueJob } from '../core/jobs/queue.js'
import { createApiKeys } from '../core/security/api-keys.js'
import { hashToken } from '../core/security/refresh-tokens.js'
import { scopeSchema } from '../features/api-keys/schema.js'
import type { Prisma } from '../generated/client.js'
import type { TestApp, TestSession } from './test-app.js'

/** Creates a verified user whose password is `testPassword`. */
export async function createUser({ db, clock }: TestApp, overrides: Partial<Prisma.UserCreateInput> = {}) {
  return db.user.create({
    data: {
      email: `user-${randomUUID()}@example.com`,
      name: 'Test User',
      passwordHash: inject('passwordHash'),
      emailVerifiedAt: clock.now(),
      ...overrides,
    },
  })
}

/** Creates a session for a user, as a login does but without bcrypt. */
export async function signIn({ db, container }: TestApp, user: { id: string }) {
  const row = await db.user.findUniqueOrThrow({ where: { id: user.id } })
  const origin = { requestId: randomUUID(), ip: '127.0.0.1', userAgent: 'test' }
  return db.$transaction((tx) => container.services.sessions.open(tx, row, origin, 'body'))
}

/** Creates a user with a session. */
export async function createSignedInUser(t: TestApp, overrides: Partial<Prisma.UserCreateInput> = {}) {
  const user = await createUser(t, overrides)
  return { user, session: await signIn(t, user) }
}

/** Creates a key of a user, by default with every scope. It is a credential like an access token. */
export async function createApiKey(
  { db, config }: TestApp,
  { id: userId }: { id: string },
  scopes: readonly string[] = scopeSchema.options,
  overrides: Partial<Prisma.ApiKeyUncheckedCreateInput> = {},
): Promise<TestSession & { id: string }> {
  const keys = createApiKeys(config.app.name)
  const key = keys.create()
  const data = { userId, name: 'A key', scopes: [...scopes], keyHash: hashToken(key), start: keys.startOf(key) }
  const { id } = await db.apiKey.create({ data: { ...data, ...overrides } })
  return { id, accessToken: key }
}

const failing = defineJob({
  name: 'tests.fail',
  summary: 'Fail',
  input: z.strictObject({}),
  attempts: 1,
  run: async () => {},
})

/** Creates a job that no worker knows, and that has failed. */
export async function createFailedJob({ db }: TestApp): Promise<{ id: string }> {
  return db.$transaction(async (tx) => {
    await enqueueJob(tx, failing, {})
    const [job] = await tx.$queryRaw<{ id: string }[]>`
      SELECT (graphile_worker.permanently_fail_jobs(ARRAY[max(id)], 'no luck')).id::text AS id
      FROM graphile_worker.jobs WHERE task_identifier = ${failing.name}`
    if (!job) throw new Error('The job is not in the queue.')
    return job
  })
}

/** Creates a dead mail. */
export async function createDeadMail({ db, clock }: TestApp) {
  const to = `user-${randomUUID()}@example.com`
  const nextAttemptAt = clock.now()
  return db.outboxMail.create({
    data: { template: 'account-exists', to, params: { name: 'X' }, status: 'dead', nextAttemptAt },
  })
}
