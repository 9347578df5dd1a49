import { hash } from 'node:crypto'
import superjson from 'superjson'
import type { z } from 'zod'
import type { Actor } from '../actor.js'
import type { Clock } from '../clock.js'
import type { Database, Db, Transaction } from '../database/client.js'
import { ConflictError, IdempotencyInProgressError, IdempotencyKeyReusedError } from '../errors.js'
import { removeInBatches } from '../retention.js'
import { keyOf } from './request.js'

interface Dependencies {
  db: Database
  clock: Clock
}

interface Creation<Created> {
  input: object
  /** The schema of the procedure's output, which says what is stored. */
  output: z.ZodType<Created, Created>
}

interface Claim {
  actorId: string
  procedure: string
  key: string
}

// Those who repeat a request later than this have noticed the failure.
const keptMs = 24 * 3600 * 1000

/**
 * Runs the transaction of a verb that creates something, at most once for each `Idempotency-Key` of an actor: the key
 * is claimed, the work done and its result stored in one transaction, so that a process that is killed at any moment
 * has done all of it or nothing. A repetition within 24 hours gets the stored result. A failure is not stored.
 *
 * @param actor the caller, whose request may have a key; null for work of the operator, which has none
 * @param work creates the row in the transaction, and returns what the procedure returns
 * @throws BadRequestError for a malformed key, IdempotencyInProgressError while another request with the key runs,
 * IdempotencyKeyReusedError if the key came with another input, and what `work` throws
 */
export async function createOnce<Created>(
  { db, clock }: Dependencies,
  actor: Actor | null,
  { input, output }: Creation<Created>,
  work: (tx: Transaction) => Promise<Created>,
): Promise<Created> {
  const call = actor?.idempotency
  const key = call && keyOf(call)
  if (!actor || !call || key === undefined) return db.$transaction(work)
  const claim = { actorId: actor.userId, procedure: call.procedure, key }
  const inputHash = Uint8Array.from(hash('sha256', superjson.stringify(input), 'buffer'))
  const { created, isReplayed } = await db.$transaction(async (tx) => {
    await lockClaim(tx, claim)
    const where = { actorId_procedure_key: claim }
    const kept = await tx.idempotencyKey.findUnique({ where, omit: { inputHash: false } })
    if (kept && kept.expiresAt > clock.now()) return { created: readAnswer(kept, inputHash, output), isReplayed: true }
    const created = output.parse(await work(tx))
    const expiresAt = new Date(clock.now().getTime() + keptMs)
    const values = { inputHash, answer: superjson.stringify(created), expiresAt }
    await tx.idempotencyKey.upsert({ where, create: { ...claim, ...values }, update: values })
    return { created, isReplayed: false }
  })
  if (isReplayed) call.markReplayed()
  return created
}

/**
 * The same for work that writes with one call of Prisma. Without a key, it needs no transaction of its own, which costs as
 * much as the call.
 *
 * @public for the verbs of a feature, also if none needs it
 */
export function createRowOnce<Created>(
  dependencies: Dependencies,
  actor: Actor,
  creation: Creation<Created>,
  work: (db: Db) => Promise<Created>,
): Promise<Created> {
  const hasKey = actor.idempotency !== undefined && keyOf(actor.idempotency) !== undefined
  return hasKey ? createOnce(dependencies, actor, creation, work) : work(dependencies.db)
}

/** Deletes the keys that have expired. Returns their number. */
export function removeExpiredKeys({ db }: Pick<Dependencies, 'db'>, now: Date): Promise<number> {
  return removeInBatches((limit) => db.idempotencyKey.deleteMany({ where: { expiresAt: { lt: now } }, limit }))
}

// Held until the transaction ends, also by the death of the process. Waiting would occupy a connection for nothing.
async function lockClaim(tx: Transaction, claim: Claim): Promise<void> {
  const name = JSON.stringify(Object.values(claim))
  const [row] = await tx.$queryRaw<{ isLocked: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) AS "isLocked"`
  if (!row?.isLocked) throw new IdempotencyInProgressError({ retryAfterSeconds: 1 })
}

interface Kept {
  inputHash: Uint8Array
  answer: string
}

function readAnswer<Created>({ inputHash, answer }: Kept, given: Uint8Array, output: z.ZodType<Created>): Created {
  if (!Buffer.from(inputHash).equals(given)) throw new IdempotencyKeyReusedError()
  const { success, data } = output.safeParse(superjson.parse(answer))
  if (success) return data
  const message = 'The first request with this key has succeeded, but another version of the server has answered it.'
  throw new ConflictError({ message })
}
