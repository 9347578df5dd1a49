import type { Prisma, User as UserRow } from '../../generated/client.js'
import { type Profile, profileColumns, profileOf } from './profile/schema.js'
import type { User, UserStatus } from './schema.js'

/** The columns that {@link toUser} reads. */
export const userColumns = {
  id: true,
  email: true,
  ...profileColumns,
  role: true,
  disabledAt: true,
  deletedAt: true,
  emailVerifiedAt: true,
  createdAt: true,
  updatedAt: true,
  version: true,
} as const satisfies Prisma.UserSelect

/** Converts a row to a user as clients see it. */
export function toUser(row: Pick<UserRow, keyof typeof userColumns>): User {
  const { id, email, role, emailVerifiedAt, createdAt, updatedAt, version } = row
  const status = statusOf(row)
  return { id, email, ...profileOf(row), role, status, emailVerifiedAt, createdAt, updatedAt, version }
}

function statusOf({ deletedAt, disabledAt }: Pick<UserRow, 'deletedAt' | 'disabledAt'>): UserStatus {
  if (deletedAt) return 'deleted'
  return disabledAt ? 'disabled' : 'active'
}

/** The old and the new name, for the audit trail; empty if another part of the profile has changed. */
export function renamingOf({ name: from }: Profile, { name: to }: Profile): { from?: string; to?: string } {
  return from === to ? {} : { from, to }
}
