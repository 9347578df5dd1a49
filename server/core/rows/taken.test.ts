import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, openDatabase } from '../../testing/test-database.js'
import type { Database } from '../database/client.js'
import { ConflictError, EmailTakenError } from '../errors.js'
import { refuseTaken } from './taken.js'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Database

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { max: 1 })
})

afterAll(async () => {
  await db.$disconnect()
  await database.drop()
})

const user = { email: 'a@example.com', name: 'A' }

test.each([
  ['the database client', () => db.user.create({ data: user })],
  [
    'raw SQL',
    () => db.$executeRaw`INSERT INTO "User" ("id", "email", "name", "updatedAt")
    VALUES (gen_random_uuid(), ${user.email}, 'A', now())`,
  ],
])('a conflict through %s has the name of the index that was violated', async (_name, create) => {
  await db.user.createMany({ data: user, skipDuplicates: true })
  const refuse = (errors: Parameters<typeof refuseTaken>[0]) => Promise.resolve(create()).catch(refuseTaken(errors))
  await expect(refuse({ User_email_key: EmailTakenError })).rejects.toMatchObject({ code: 'EMAIL_TAKEN' })
  await expect(refuse({ User_name_key: EmailTakenError, User_email_key: ConflictError })).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  await expect(refuse({ User_name_key: EmailTakenError })).rejects.not.toMatchObject({ code: 'EMAIL_TAKEN' })
})

test('other errors stay as they are', () => {
  const error = new Error('something else')
  expect(() => refuseTaken({ constructor: EmailTakenError })(error)).toThrow(error)
})
