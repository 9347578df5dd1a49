import pg from 'pg'
import { afterAll, vi } from 'vitest'
import { openConnection } from '../core/database/connection.js'
import { createTestDatabase, openDatabase } from './test-database.js'

// Of 8 KiB each.
const blocksMax = 400

/**
 * Opens an empty database for tests of query plans, and drops it after the tests of the file. Await it at the top of the
 * file, and fill the tables with enough rows that a scan of one is noticed.
 *
 * - `run` sends SQL, such as `INSERT ... SELECT FROM generate_series(...)` and `VACUUM ANALYZE`.
 * - `faultsOf` calls a list, explains each statement that it sends on a table, and returns sequential scans and plans
 *   that read too many blocks, which `most` limits. Counts are not explained.
 */
export async function openExplainedDatabase() {
  const database = await createTestDatabase()
  const db = openDatabase(database.url)
  const client = await openConnection(database.url)
  afterAll(async () => {
    await client.end()
    await db.$disconnect()
    await database.drop()
  })
  return {
    db,
    run: (sql: string, values: unknown[] = []) => client.query(sql, values),
    faultsOf: (list: () => Promise<unknown>, table: string, most?: number) => faultsOf(client, list, table, most),
  }
}

async function faultsOf(
  client: pg.Client,
  list: () => Promise<unknown>,
  table: string,
  most = blocksMax,
): Promise<string[]> {
  const statements = (await statementsOf(list)).filter(({ text }) => text.includes(`"${table}"`) && !isCount(text))
  if (statements.length === 0) return ['no statement was sent']
  const plans = await Promise.all(statements.map((statement) => explain(client, statement)))
  return plans.flatMap((plan) => {
    const isScanned = nodes(plan).some((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === table)
    const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
    return [...(isScanned ? ['a sequential scan'] : []), ...(blocks > most ? [`${blocks} blocks`] : [])]
  })
}

function isCount(text: string): boolean {
  return /^SELECT COUNT/i.test(text)
}

interface Statement {
  text: string
  values: unknown[]
}

// Records what the driver sends, so that no copy of the SQL can become outdated.
async function statementsOf(list: () => Promise<unknown>): Promise<Statement[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await list()
    return query.mock.calls.flatMap(([config]: unknown[]) => (isStatement(config) ? [config] : []))
  } finally {
    query.mockRestore()
  }
}

function isStatement(config: unknown): config is Statement {
  return typeof config === 'object' && config !== null && 'text' in config && 'values' in config
}

async function explain(client: pg.Client, { text, values }: Statement): Promise<PlanNode> {
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values)
  return rows[0]['QUERY PLAN'][0].Plan
}

function nodes(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodes)]
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: PlanNode[]
}
