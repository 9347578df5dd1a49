import type { Actor } from '../../core/actor.js'
import type { Clock } from '../../core/clock.js'
import type { Database } from '../../core/database/client.js'
import { ConflictError, NotFoundError, UnauthorizedError, ValidationError } from '../../core/errors.js'
import type { Logger } from '../../core/logger.js'
import { newestFirst } from '../../core/pagination/cursor.js'
import type { ApiKeys } from '../../core/security/api-keys.js'
import { hashToken } from '../../core/security/refresh-tokens.js'
import type { Prisma } from '../../generated/client.js'
import { type AuditService, doneBy } from '../audit/service.js'
import { lockAccount } from '../auth/credentials.js'
import { maySignIn } from '../sessions/session.js'
import { type ApiKey, apiKeysMax, type CreateApiKey, type CreatedApiKey, type RevokeApiKey } from './schema.js'

/** The dependencies of the verbs of API keys. */
export interface ApiKeysDependencies {
  db: Database
  clock: Clock
  log: Logger
  audit: AuditService
  keys: ApiKeys
}

/** The keys of the actor that can be used, newest first. */
export function listKeys({ db, clock }: ApiKeysDependencies, { userId }: Actor): Promise<ApiKey[]> {
  const where = { userId, ...livingAt(clock.now()) }
  return db.apiKey.findMany({ where, select: keyColumns, orderBy: newestFirst, take: apiKeysMax })
}

/**
 * Creates a key. Its row has only its hash, so the result is the only place where it stands.
 *
 * @throws ValidationError for an expiry in the past, ConflictError if the actor has 20 keys
 */
export async function createKey(
  { db, clock, audit, keys }: ApiKeysDependencies,
  actor: Actor,
  { name, scopes, ...input }: CreateApiKey,
): Promise<CreatedApiKey> {
  const { userId } = actor
  const expiresAt = input.expiresAt ?? null
  const now = clock.now()
  if (expiresAt && expiresAt <= now) throw pastExpiry()
  const key = keys.create()
  const data = { userId, name, scopes, expiresAt, keyHash: hashToken(key), start: keys.startOf(key) }
  return db.$transaction(async (tx) => {
    const user = await lockAccount(tx, userId)
    if (!user || !maySignIn(user)) throw new UnauthorizedError()
    if ((await tx.apiKey.count({ where: { userId, ...livingAt(now) } })) >= apiKeysMax) throw tooMany()
    const row = await tx.apiKey.create({ data, select: keyColumns })
    const detail = { keyId: row.id, scopes: scopes.join(' ') }
    await audit.record(tx, { type: 'api_key.created', ...doneBy(actor), userId, data: detail })
    return { ...row, key }
  })
}

/**
 * Ends a key of the actor.
 *
 * @throws NotFoundError
 */
export async function revokeKey(
  { db, clock, audit }: ApiKeysDependencies,
  actor: Actor,
  { id }: RevokeApiKey,
): Promise<void> {
  const { userId } = actor
  const now = clock.now()
  await db.$transaction(async (tx) => {
    const { count } = await tx.apiKey.updateMany({
      where: { id, userId, ...livingAt(now) },
      data: { revokedAt: now, revokedReason: 'api_key.revoked' },
    })
    if (count === 0) throw new NotFoundError({ resource: 'API key' })
    await audit.record(tx, { type: 'api_key.revoked', ...doneBy(actor), userId, data: { keyId: id } })
  })
}

function livingAt(now: Date) {
  return { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
}

const keyColumns = {
  id: true,
  name: true,
  scopes: true,
  start: true,
  expiresAt: true,
  lastUsedAt: true,
  createdAt: true,
} as const satisfies Prisma.ApiKeySelect

function pastExpiry(): ValidationError {
  const message = 'Choose a time in the future.'
  return new ValidationError({ details: [{ path: 'expiresAt', code: 'too_small', message }] })
}

function tooMany(): ConflictError {
  return new ConflictError({ message: `You already have ${apiKeysMax} API keys. Revoke one of them first.` })
}
