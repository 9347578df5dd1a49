import { PrismaPg } from '@prisma/adapter-pg'
import { createDatabase } from '../../server/core/database/client.js'
import { ConnectionPool } from '../../server/core/database/pool.js'
import { createLogger } from '../../server/core/logger.js'
import { PrismaClient } from '../../server/generated/client.js'
import { quantile } from '../support/timing.js'
import type { Ratio } from './requests.js'
import type { Stage } from './stage.js'

const concurrent = 16

/** Reads a session with its user by plain Prisma, in turns with the client of this application and with a bare one. */
export async function measurePrisma(
  stage: Stage,
  { rounds, reads }: { rounds: number; reads: number },
): Promise<Ratio> {
  const url = stage.settings.DATABASE_URL
  const log = createLogger({ mode: 'production', logLevel: 'silent' })
  const own = createDatabase({ pool: new ConnectionPool({ url, max: 10, log }) })
  const bare = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 10 }, statementNames()) })
  const ids = stage.people.map(({ sessionId }) => sessionId)
  try {
    const ratios: number[] = []
    for (let round = -1; round < rounds; round += 1) {
      const costOfOwn = await costOf((id) => own.session.findFirst(readOf(id)), ids, reads)
      const costOfBare = await costOf((id) => bare.session.findFirst(readOf(id)), ids, reads)
      if (round >= 0) ratios.push(costOfOwn / costOfBare)
    }
    const aim = { goal: 1.35, bound: 1.7, isMost: true } as const
    return { row: 'a read of Prisma, to a bare client', ratio: quantile(ratios, 0.5), ...aim }
  } finally {
    await Promise.all([own.$disconnect(), bare.$disconnect()])
  }
}

// Both clients prepare their statements.
function statementNames() {
  const names = new Map<string, string>()
  return {
    statementNameGenerator: ({ sql }: { sql: string }) => {
      const name = names.get(sql) ?? `s${names.size}`
      names.set(sql, name)
      return name
    },
  }
}

const readOf = (id: string) => ({
  where: { id, revokedAt: null },
  select: { id: true, createdAt: true, lastUsedAt: true, user: { select: { id: true, name: true } } },
  relationLoadStrategy: 'join' as const,
})

async function costOf(read: (id: string) => Promise<unknown>, ids: readonly string[], reads: number): Promise<number> {
  const before = process.cpuUsage()
  let next = 0
  const readOn = async () => {
    while (next < reads) {
      next += 1
      if ((await read(ids[next % ids.length] ?? '')) === null) throw new Error('A session is missing.')
    }
  }
  await Promise.all(Array.from({ length: concurrent }, readOn))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / reads
}
