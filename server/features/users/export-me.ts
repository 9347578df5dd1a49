import type { Actor } from '../../core/actor.js'
import type { Database } from '../../core/database/client.js'
import { doneBy } from '../audit/service.js'
import type { UsersDependencies } from './dependencies.js'
import { type AccountExport, exportedMax } from './schema.js'
import { toUser } from './view.js'

const bytesMax = 8 * 1024 * 1024

/**
 * All stored data about an account, without secrets and without data of others: addresses of strangers who tried to log
 * in, and accounts that an admin changed. Beyond 10,000 rows of a kind, or 8 MiB of a resource, the oldest are omitted
 * and `isComplete` is false.
 */
export async function exportMe(dependencies: UsersDependencies, actor: Actor): Promise<AccountExport> {
  const { db, clock, audit } = dependencies
  const { userId } = actor
  await audit.record(db, { type: 'user.exported', ...doneBy(actor), userId })
  const user = await db.user.findUniqueOrThrow({ where: { id: userId } })
  const [sessions, apiKeys, links, mails, keys, events] = await readAccountRows(db, user)
  const resources = await Promise.all(
    Object.entries(dependencies.resources).map(
      async ([name, { ownRows }]) => [name, await collect(ownRows(userId))] as const,
    ),
  )
  const lists = [sessions, apiKeys, links, mails, keys, events]
  return {
    exportedAt: clock.now(),
    isComplete: lists.every(({ length }) => length < exportedMax) && resources.every(([, { isWhole }]) => isWhole),
    account: toUser(user),
    sessions: sessions.map(withEnd),
    apiKeys: apiKeys.map(withEnd),
    links,
    mails,
    idempotencyKeys: keys,
    auditEvents: events.map((event) => withoutOthers(event, userId)),
    resources: Object.fromEntries(resources.map(([name, { rows }]) => [name, rows])),
  }
}

function withEnd<Row extends { revokedAt: Date | null; revokedReason: string | null }>(row: Row) {
  const { revokedAt: endedAt, revokedReason: endReason, ...rest } = row
  return { ...rest, endedAt, endReason }
}

function readAccountRows(db: Database, { id: userId }: { id: string }) {
  const newest = { orderBy: { createdAt: 'desc' }, take: exportedMax } as const
  const times = { createdAt: true, lastUsedAt: true, expiresAt: true, revokedAt: true, revokedReason: true } as const
  const ofKey = { id: true, name: true, scopes: true, start: true } as const
  return Promise.all([
    db.session.findMany({ where: { userId }, select: { id: true, ...times, ip: true, userAgent: true }, ...newest }),
    db.apiKey.findMany({ where: { userId }, select: { ...ofKey, ...times }, ...newest }),
    db.mailToken.findMany({
      where: { userId },
      select: { kind: true, email: true, createdAt: true, expiresAt: true, usedAt: true },
      ...newest,
    }),
    db.outboxMail.findMany({
      where: { userId },
      select: { template: true, to: true, status: true, createdAt: true, sentAt: true },
      ...newest,
    }),
    db.idempotencyKey.findMany({
      where: { actorId: userId },
      select: { procedure: true, key: true, createdAt: true, expiresAt: true },
      ...newest,
    }),
    db.auditEvent.findMany({ where: { OR: [{ userId }, { actorId: userId }] }, ...newest }),
  ])
}

type AuditRow = Awaited<ReturnType<typeof readAccountRows>>[5][number]

function withoutOthers({ type, actorId, userId, ip, userAgent, data, createdAt }: AuditRow, ownId: string) {
  const isOwnAct = actorId === ownId
  const from = isOwnAct ? { ip, userAgent } : { ip: null, userAgent: null }
  return { type, actorId, userId, createdAt, ...from, data: userId === ownId ? data : null }
}

async function collect(pages: AsyncIterable<Record<string, unknown>[]>) {
  const rows: Record<string, unknown>[] = []
  let bytes = 0
  for await (const page of pages) {
    rows.push(...page)
    bytes += Buffer.byteLength(JSON.stringify(page))
    if (bytes > bytesMax || rows.length >= exportedMax) return { rows: rows.slice(0, exportedMax), isWhole: false }
  }
  return { rows, isWhole: true }
}
