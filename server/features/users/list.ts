import type { Database } from '../../core/database/client.js'
import { readOffsetPage } from '../../core/pagination/offset.js'
import { expectFound } from '../../core/rows/row.js'
import type { Prisma } from '../../generated/client.js'
import type { ListUsers, User, UserStatus } from './schema.js'
import { toUser, userColumns } from './view.js'

/** Reads a page of users. Removed ones are only included with `status: 'deleted'`. */
export async function listUsers(db: Database, input: ListUsers) {
  return readOffsetPage(
    { ...input, where: whereOf(input) },
    {
      rows: async (query) =>
        (await db.user.findMany({ ...query, select: userColumns, orderBy: orderOf(input) })).map(toUser),
      count: (query) => db.user.count(query),
    },
  )
}

/** @throws NotFoundError, for removed users too */
export async function getUser(db: Database, { id }: { id: string }): Promise<User> {
  return toUser(await expectFound('User', db.user.findUnique({ where: { id }, select: userColumns })))
}

function whereOf({ q, role, status }: ListUsers): Prisma.UserWhereInput {
  return { ...(q && matching(q)), ...(role && { role }), ...(status && conditions[status]) }
}

function matching(q: string): Prisma.UserWhereInput {
  // Prisma does not escape LIKE's wildcards.
  const text = { contains: q.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
  return { OR: [{ email: text }, { name: text }] }
}

const conditions = {
  active: { disabledAt: null },
  disabled: { disabledAt: { not: null } },
  deleted: { deletedAt: { not: null } },
} satisfies Record<UserStatus, Prisma.UserWhereInput>

function orderOf({ sort, order }: ListUsers): Prisma.UserOrderByWithRelationInput[] {
  const { by, natural } = sorts[sort]
  return [by(order ?? natural), { id: order ?? natural }]
}

const sorts = {
  createdAt: { by: (order: Prisma.SortOrder) => ({ createdAt: order }), natural: 'desc' },
  name: { by: (order: Prisma.SortOrder) => ({ name: order }), natural: 'asc' },
  email: { by: (order: Prisma.SortOrder) => ({ email: order }), natural: 'asc' },
} as const
