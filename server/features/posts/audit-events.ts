import type { Actor } from '../../core/actor.js'
import type { Transaction } from '../../core/database/client.js'
import type { AuditEventType } from '../audit/schema.js'
import type { AuditService } from '../audit/service.js'

interface PostEvent {
  type: AuditEventType
  actor: Actor
  post: { id: string; authorId: string }
}

/** Puts on record what was done to a post. */
export async function record(audit: AuditService, tx: Transaction, { type, actor, post }: PostEvent): Promise<void> {
  const { userId: actorId, origin } = actor
  await audit.record(tx, { type, actorId, userId: post.authorId, origin, data: { postId: post.id } })
}

/** The same, unless authors did it to a post of their own. */
export async function recordIfForeign(audit: AuditService, tx: Transaction, event: PostEvent): Promise<void> {
  if (event.post.authorId !== event.actor.userId) await record(audit, tx, event)
}
