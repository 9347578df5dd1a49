import type { User as UserRow } from '../../database/generated/client.js'
import type { User, UserStatus } from './schema.js'

/** Turns a row into a user as clients see it. */
export function toUser(row: Omit<UserRow, 'passwordHash'>): User {
  const { id, email, name, role, emailVerifiedAt, createdAt, updatedAt, version } = row
  return { id, email, name, role, status: statusOf(row), emailVerifiedAt, createdAt, updatedAt, version }
}

function statusOf({ deletedAt, disabledAt }: Pick<UserRow, 'deletedAt' | 'disabledAt'>): UserStatus {
  if (deletedAt) return 'deleted'
  return disabledAt ? 'disabled' : 'active'
}
