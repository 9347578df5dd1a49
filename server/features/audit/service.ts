import type { z } from 'zod'
import type { Actor, Origin } from '../../core/actor.js'
import { daysBefore, removeInBatches } from '../../core/cleanup.js'
import type { Database, Db } from '../../core/database/client.js'
import {
  cutPage,
  decodeCursor,
  encodeCursor,
  olderThan,
  timePosition,
  timePositionOf,
} from '../../core/pagination/cursor.js'
import { type AuditEventType, auditEventPageSchema, type listAuditEventsSchema } from './schema.js'

/** Something that happened: `actorId` did it, to `userId`, from `origin`. `data` holds no secret. */
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

/** What strangers can cause as often as they like. */
const anonymousEvents: AuditEventType[] = [
  'login.failed',
  'login.throttled',
  'register.requested',
  'password.reset_requested',
]

/** The audit trail: what happened is added, and read by admins; nothing changes it. */
export function createAuditService({ db }: { db: Database }) {
  return {
    /** Adds an event, in the transaction that it tells of where there is one. */
    async record(tx: Db, { type, actorId, userId, origin, data = {} }: AuditRecord): Promise<void> {
      const { ip = null, userAgent = null, requestId = null } = origin ?? {}
      await tx.auditEvent.create({ data: { type, actorId, userId, ip, userAgent, requestId, data } })
    },

    /** Removes what anonymous callers tried more than `days` days ago; gives how many events that were. */
    removeAnonymous: (now: Date, days: number): Promise<number> => {
      const where = { type: { in: anonymousEvents }, createdAt: { lt: daysBefore(now, days) } }
      return removeInBatches((limit) => db.auditEvent.deleteMany({ where, limit }))
    },

    /**
     * One page of events, newest first.
     * @throws BadRequestError for a broken cursor
     */
    async list(_actor: Actor, input: AuditListInput): Promise<AuditPage> {
      const { limit, cursor, type, userId, actorId } = input
      const scope = ['audit', type, userId, actorId]
      const rows = await db.auditEvent.findMany({
        where: {
          ...(type && { type }),
          ...(userId && { userId }),
          ...(actorId && { actorId }),
          ...(cursor !== undefined && olderThan(decodeCursor(cursor, scope, timePosition))),
        },
        select: columns,
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
      })
      const page = cutPage(rows, limit, (last) => encodeCursor(scope, timePositionOf(last)))
      return auditEventPageSchema.parse(page)
    },
  }
}

const columns = {
  id: true,
  type: true,
  actorId: true,
  userId: true,
  ip: true,
  userAgent: true,
  requestId: true,
  data: true,
  createdAt: true,
} as const
