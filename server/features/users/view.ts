import type { Prisma, User as UserRow } from '../../generated/client.js'
import type { User, UserStatus } from './schema.js'

/** The columns that {@link toUser} reads. */
export const userColumns = {
  id: true,
  email: true,
  name: true,
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
  const { id, email, name, role, emailVerifiedAt, createdAt, updatedAt, version } = row
  return { id, email, name, role, status: statusOf(row), emailVerifiedAt, createdAt, updatedAt, version }
}

function statusOf({ deletedAt, disabledAt }: Pick<UserRow, 'deletedAt' | 'disabledAt'>): UserStatus {
  if (deletedAt) return 'deleted'
  return disabledAt ? 'disabled' : 'active'
}
