import { setTimeout as delay } from 'node:timers/promises'
import { TRPCError } from '@trpc/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTestDatabase, openDatabase } from '../testing/test-database.js'
import type { Database } from './database/client.js'
import { toAppError } from './error-mapping.js'
import { AppError, errorTable } from './errors.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url)
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

async function codeOf(work: Promise<unknown>): Promise<AppError> {
  return work.then(
    () => expect.unreachable('the work succeeded'),
    (thrown: unknown) => toAppError(thrown),
  )
}

const data = { email: 'twice@example.com', name: 'Twice' }
const unknownId = '00000000-0000-4000-8000-000000000000'

describe('an error of the database', () => {
  it('is a conflict if a unique value exists, through Prisma and in raw SQL', async () => {
    await db.user.create({ data: { ...data, email: 'once@example.com' } })
    expect(await codeOf(db.user.create({ data: { ...data, email: 'once@example.com' } }))).toMatchObject({
      code: 'CONFLICT',
    })
    const raw = db.$executeRaw`INSERT INTO "User" (id, email, name, "updatedAt")
      VALUES (gen_random_uuid(), 'once@example.com', 'X', now())`
    expect(await codeOf(raw)).toMatchObject({ code: 'CONFLICT' })
  })

  it('is 404 if the row does not exist', async () => {
    const update = db.user.update({ where: { id: unknownId }, data: { name: 'X' } })
    expect(await codeOf(update)).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('is a conflict if a version cannot grow any further', async () => {
    const data = { email: 'full@example.com', name: 'X', version: 2_147_483_647 }
    const { id } = await db.user.create({ data })
    for (const update of [
      () => db.user.update({ where: { id }, data: { version: { increment: 1 } } }),
      () => db.user.updateMany({ where: { id }, data: { version: { increment: 1 } } }),
      () => db.$executeRaw`UPDATE "User" SET "version" = "version" + 1, "updatedAt" = now() WHERE "id" = ${id}::uuid`,
    ]) {
      expect(await codeOf(Promise.resolve(update()))).toMatchObject({ code: 'CONFLICT' })
    }
  })

  it('is a conflict if a foreign key is violated', async () => {
    const times = { lastUsedAt: new Date(), expiresAt: new Date(), absoluteExpiresAt: new Date() }
    const session = { userId: unknownId, refreshTokenHash: Buffer.from('x'), ip: '::1', userAgent: '', ...times }
    expect(await codeOf(db.session.create({ data: session }))).toMatchObject({ code: 'CONFLICT' })
  })
})

describe('S42: a database that does not respond in time', () => {
  const unavailable = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 }

  it('is 503 with Retry-After if a statement takes too long', async () => {
    const slow = db.$transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL statement_timeout = 50`
      await tx.$queryRaw`SELECT pg_sleep(5)::text`
    })
    expect(await codeOf(slow)).toMatchObject(unavailable)
  })

  it('is 503 with Retry-After if a lock is not available', async () => {
    const { id } = await db.user.create({ data: { ...data, email: 'locked@example.com' } })
    await db.$transaction(async (holder) => {
      await holder.$queryRaw`SELECT id FROM "User" WHERE id = ${id}::uuid AND "deletedAt" IS NULL FOR UPDATE`
      const second = db.$transaction(async (tx) => {
        await tx.$executeRaw`SET LOCAL lock_timeout = 50`
        await tx.user.update({ where: { id }, data: { name: 'X' } })
      })
      expect(await codeOf(second)).toMatchObject(unavailable)
    })
  })

  it('is 503 with Retry-After if all connections are in use for longer than the time limit', async () => {
    const narrow = openDatabase(database.url, { max: 1 })
    await narrow.$transaction(async (holder) => {
      await holder.$queryRaw`SELECT 1`
      expect(await codeOf(narrow.user.count())).toMatchObject(unavailable)
    })
    await narrow.$disconnect()
  })

  it('is 503 with Retry-After if a transaction exceeds its time limit', async () => {
    const slow = db.$transaction(
      async (tx) => {
        await tx.user.count()
        await delay(200)
        await tx.user.count()
      },
      { timeout: 50 },
    )
    const error = await codeOf(slow)
    expect(error.cause).toMatchObject({ code: 'P2028' })
    expect(error).toMatchObject(unavailable)
  })

  it('is 503 with Retry-After if no server listens', async () => {
    const nowhere = openDatabase('postgresql://postgres@127.0.0.1:1/none', { max: 1 })
    expect(await codeOf(nowhere.user.count())).toMatchObject(unavailable)
    await nowhere.$disconnect()
  })

  it('is 503 with Retry-After if the connection breaks during a statement, and works again afterwards', async () => {
    const cut = db.$transaction(async (tx) => {
      const [row] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
      await db.$queryRaw`SELECT pg_terminate_backend(${row?.pid})`
      await tx.user.count()
    })
    expect(await codeOf(cut)).toMatchObject(unavailable)
    expect(await db.user.count()).toBeGreaterThanOrEqual(0)
  })
})

describe('S71: a database that cannot do its work', () => {
  const unavailable = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 }
  const raise = (client: Pick<Database, '$executeRawUnsafe'>, state: string) =>
    client.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '${state}'; END $$`)

  it.each(['08006', '25006', '28000', '40003', '40P01', '42501', '42P10', '53100', '55006', '57P03', '58030', 'XX001'])(
    'S71: is 503 for SQLSTATE %s, in raw SQL, in a transaction and outside',
    async (state) => {
      expect(await codeOf(raise(db, state))).toMatchObject(unavailable)
      expect(await codeOf(db.$transaction((tx) => raise(tx, state)))).toMatchObject(unavailable)
    },
  )

  it('S71: is 503 if the role may no longer log in, or the database does not exist', async () => {
    const url = new URL(database.url)
    url.username = `role_${url.pathname.slice(-8)}`
    await db.$executeRawUnsafe(`CREATE ROLE ${url.username} NOLOGIN`)
    const refused = openDatabase(url.href)
    expect(await codeOf(refused.user.count())).toMatchObject(unavailable)
    expect(await codeOf(refused.$queryRaw`SELECT 1`)).toMatchObject(unavailable)
    await db.$executeRawUnsafe(`DROP ROLE ${url.username}`)
    const gone = openDatabase(database.url.replace(/\w+$/, 'no_such_database'))
    expect(await codeOf(gone.user.count())).toMatchObject(unavailable)
    await Promise.all([refused.$disconnect(), gone.$disconnect()])
  })

  it('S71: is 503 if connecting fails, for any reason', async () => {
    for (const query of ['sslmode=require', 'options=-c%20role%3Dnobody']) {
      const refused = openDatabase(`${database.url}?${query}`)
      expect(await codeOf(refused.user.count())).toMatchObject(unavailable)
      expect(await codeOf(refused.$transaction((tx) => tx.user.count()))).toMatchObject(unavailable)
      await refused.$disconnect()
    }
  })

  it('is 500 for an invalid statement', async () => {
    for (const state of ['42601', '22012', '54001', 'P0001']) {
      expect(await codeOf(raise(db, state))).toMatchObject({ code: 'INTERNAL_ERROR' })
    }
  })
})

describe('an invalid input', () => {
  it('S34: has at most 100 details, however many faults a body has', () => {
    const schema = z.strictObject({ list: z.array(z.string()) })
    const keys = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key${index}`, 1]))
    for (const input of [{ list: [], ...keys }, { list: Array<number>(5_000).fill(1) }]) {
      const cause = schema.safeParse(input).error
      const { code, details } = toAppError(new TRPCError({ code: 'BAD_REQUEST', cause }))
      expect([code, details?.length]).toEqual(['VALIDATION_ERROR', 100])
    }
  })
})

describe('an error of the framework', () => {
  it('is a malformed request, and not an unavailable database, if the client aborts a body', () => {
    const aborted = Object.assign(new Error('aborted'), { code: 'ECONNRESET', statusCode: 400 })
    expect(toAppError(aborted).code).toBe('BAD_REQUEST')
    expect(toAppError(Object.assign(new Error('lost'), { code: 'ECONNRESET' })).code).toBe('SERVICE_UNAVAILABLE')
  })
})

describe('an unexpected error', () => {
  it('S36: does not contain its cause, which the log has', () => {
    const cause = new Error('secret detail')
    const error = toAppError(cause)
    expect(error).toMatchObject({ code: 'INTERNAL_ERROR', message: errorTable.INTERNAL_ERROR.message, cause })
  })

  it.each([undefined, null, 'text', 7, { code: 'P2002x' }])('is an internal error for a thrown %j', (thrown) => {
    expect(toAppError(thrown).code).toBe('INTERNAL_ERROR')
  })

  it('does not change an AppError', () => {
    const error = new AppError('LAST_ADMIN')
    expect(toAppError(error)).toBe(error)
  })
})
