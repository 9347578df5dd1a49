import type { z } from 'zod'
import { type Actor, isSystem, type Origin } from '../../core/actor.js'
import type { Database, Db } from '../../core/database/client.js'
import { readTimePage } from '../../core/pagination/cursor.js'
import { daysBefore, removeInBatches } from '../../core/retention.js'
import type { Prisma } from '../../generated/client.js'
import { type AuditEventType, auditEventPageSchema, auditTextMax, type listAuditEventsSchema } from './schema.js'

/** An event: `actorId` caused it, it concerns `userId`, and it came from `origin`. `data` contains no secret. */
export interface AuditRecord {
  type: AuditEventType
  actorId: string | null
  userId: string | null
  origin: Origin | null
  data?: Record<string, string | number | boolean | null>
}

type AuditListInput = z.output<typeof listAuditEventsSchema>
type AuditPage = z.output<typeof auditEventPageSchema>

export type AuditService = ReturnType<typeof createAuditService>

/** The types of events that anonymous callers can cause. */
const anonymousEvents: AuditEventType[] = [
  'login.failed',
  'login.throttled',
  'register.requested',
  'password.reset_requested',
]

/** The audit trail: events are added, and administrators read them. Events are not changed. */
export function createAuditService({ db }: { db: Database }) {
  return {
    /** Adds an event, in the transaction of the action if there is one. */
    async record(db: Db, { type, actorId, userId, origin, data = {} }: AuditRecord): Promise<void> {
      const { ip = null, userAgent = null, requestId = null } = origin ?? {}
      const cut = Object.entries(data).map(([name, value]) => [name, cutText(value)] as const)
      const row = { type, actorId, userId, ip, userAgent, requestId, data: Object.fromEntries(cut) }
      await db.auditEvent.create({ data: row })
    },

    /** Deletes events of anonymous callers that are older than `days` days, and returns their number. */
    removeAnonymous: (now: Date, days: number): Promise<number> => {
      const where = { type: { in: anonymousEvents }, createdAt: { lt: daysBefore(now, days) } }
      return removeInBatches((limit) => db.auditEvent.deleteMany({ where, limit }))
    },

    /** Deletes all events that are older than `days` days, and returns their number. */
    removeOld: (now: Date, days: number): Promise<number> => {
      const where = { createdAt: { lt: daysBefore(now, days) } }
      return removeInBatches((limit) => db.auditEvent.deleteMany({ where, limit }))
    },

    /**
     * One page of events, newest first.
     * @throws BadRequestError for an invalid cursor
     */
    async list({ limit, cursor, type, userId, actorId }: AuditListInput): Promise<AuditPage> {
      const filters = { ...(type && { type }), ...(userId && { userId }), ...(actorId && { actorId }) }
      const page = await readTimePage({ scope: ['audit', type, userId, actorId], limit, cursor }, ({ after, range }) =>
        db.auditEvent.findMany({ where: { ...filters, ...after }, select: auditEventColumns, ...range }),
      )
      return auditEventPageSchema.parse(page)
    },
  }
}

/** The origin of an action, for {@link AuditRecord}. Tasks of the system have no actor; their origin names the reason. */
export function doneBy(actor: Actor): Pick<AuditRecord, 'actorId' | 'origin'> {
  return { actorId: isSystem(actor) ? null : actor.userId, origin: actor.origin }
}

function cutText<Value>(value: Value): Value | string {
  return typeof value === 'string' ? value.slice(0, auditTextMax) : value
}

const auditEventColumns = {
  id: true,
  type: true,
  actorId: true,
  userId: true,
  ip: true,
  userAgent: true,
  requestId: true,
  data: true,
  createdAt: true,
} as const satisfies Prisma.AuditEventSelect
