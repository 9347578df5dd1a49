import type { Prisma } from '../../generated/client.js'

/** The columns that make a post as clients see it; nothing else of the row is read. */
export const postSelect = {
  id: true,
  title: true,
  body: true,
  status: true,
  publishedAt: true,
  author: { select: { id: true, name: true } },
  createdAt: true,
  updatedAt: true,
  version: true,
} as const satisfies Prisma.PostSelect
