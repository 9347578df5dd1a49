import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from './run.js'
import { columnChanges, tables } from './targets.js'
import type { World } from './world.js'

/** Faults that PostgreSQL or its administrator causes. */
export const databaseFaults: readonly Fault[] = [
  {
    name: 'backends terminated, in rounds',
    async cause(world) {
      for (let round = 0; round < 15; round += 1) {
        await terminateBackends(world)
        await delay(250)
      }
    },
  },
  {
    name: 'statements cancelled, in rounds',
    isSlow: true,
    async cause({ database }) {
      for (let round = 0; round < 40; round += 1) {
        await database.query(`SELECT pg_cancel_backend(pid) ${othersOfThisDatabase} AND state = 'active'`)
        await delay(50)
      }
    },
  },
  {
    name: 'columns change their type under prepared statements',
    mostRefused: 0.1,
    async cause({ database }) {
      for (const change of columnChanges) {
        await database.query(change)
        await delay(700)
      }
    },
  },
  {
    name: `${tables.written} locked`,
    readiness: 'ready',
    unharmed: ['read me', 'read sessions', 'refresh', 'login', 'rename', 'livez'],
    cause: (world) => lockTable(world, tables.written, 20_000),
  },
  {
    name: `${tables.needed} locked`,
    isSlow: true,
    unharmed: ['livez'],
    cause: (world) => lockTable(world, tables.needed, 10_000),
  },
  {
    name: 'read-only, connections terminated',
    readiness: 'unready',
    unharmed: ['read '],
    cause: (world) => readOnly(world, { isTerminated: true }),
  },
  {
    name: 'read-only for what connects anew',
    isSlow: true,
    cause: (world) => readOnly(world, { isTerminated: false }),
  },
  { name: 'deadlocks', isSlow: true, mostRefused: 0.1, cause: (world) => withTrigger(world, deadlock) },
  {
    name: 'errors of each class that says "not now"',
    isSlow: true,
    unharmed: ['read ', 'livez'],
    cause: (world) => withTrigger(world, notNow),
  },
  {
    name: 'writes that hang',
    isSlow: true,
    unharmed: ['read ', 'livez'],
    cause: (world) => withTrigger(world, 'PERFORM pg_sleep(20);', [tables.written]),
  },
  { name: 'serialization failures', mostRefused: 0.05, cause: (world) => withTrigger(world, serializationFailure) },
  {
    name: 'the role may not log in',
    isSlow: true,
    readiness: 'unready',
    async cause(world) {
      await world.database.query('ALTER ROLE app NOLOGIN')
      await terminateBackends(world)
      await delay(5_000)
      await world.database.query('ALTER ROLE app LOGIN')
    },
  },
  {
    name: 'no connections left',
    isSlow: true,
    readiness: 'unready',
    async cause(world) {
      const { database, databaseName } = world
      await database.query(`ALTER DATABASE ${databaseName} CONNECTION LIMIT 0`)
      await terminateBackends(world)
      await delay(5_000)
      await database.query(`ALTER DATABASE ${databaseName} CONNECTION LIMIT -1`)
    },
  },
  {
    name: 'PostgreSQL stopped, then started',
    readiness: 'unready',
    async cause({ postgres }) {
      await postgres.stop()
      await delay(3_000)
      await postgres.start()
    },
  },
]

const othersOfThisDatabase =
  "FROM pg_stat_activity WHERE datname = current_database() AND usename = 'app' AND pid <> pg_backend_pid()"

async function terminateBackends({ database }: World): Promise<void> {
  await database.query(`SELECT pg_terminate_backend(pid) ${othersOfThisDatabase}`)
}

async function lockTable({ connect, extent }: World, table: string, ms: number): Promise<void> {
  const client = await connect()
  await client.query('BEGIN')
  await client.query(`LOCK TABLE ${table}`)
  await delay(Math.min(ms, extent.mostCause))
  await client.query('ROLLBACK')
}

async function readOnly(world: World, { isTerminated }: { isTerminated: boolean }): Promise<void> {
  const { database, databaseName, extent } = world
  await database.query(`ALTER DATABASE ${databaseName} SET default_transaction_read_only = on`)
  if (isTerminated) await terminateBackends(world)
  else await database.query(`SELECT pg_terminate_backend(pid) ${othersOfThisDatabase} AND pid % 2 = 0`)
  await delay(Math.min(8_000, extent.mostCause))
  await database.query(`ALTER DATABASE ${databaseName} RESET default_transaction_read_only`)
}

// Two writers take the same two locks in random order, so that one of them is the victim of a deadlock.
const deadlock = `
  IF random() < 0.5 THEN
    PERFORM pg_advisory_xact_lock(1); PERFORM pg_sleep(0.02); PERFORM pg_advisory_xact_lock(2);
  ELSE
    PERFORM pg_advisory_xact_lock(2); PERFORM pg_sleep(0.02); PERFORM pg_advisory_xact_lock(1);
  END IF;`

// After three attempts, 1 % of writes to one row and 5 % of writes to two rows still fail; without a retry, 20 and 36
// %.
const serializationFailure = `
  IF random() < 0.2 THEN
    RAISE EXCEPTION 'could not serialize access due to concurrent update' USING ERRCODE = '40001';
  END IF;`

// Resources, operator intervention, system errors, and the errors of a crashed or read-only server.
const notNow = `
  IF random() < 0.4 THEN
    RAISE EXCEPTION 'not now' USING ERRCODE =
      (ARRAY['53100', '53200', '53300', '57014', '57P02', '57P03', '58000', '58030', '25006', '55P03', '40003'])
      [1 + floor(random() * 11)::int];
  END IF;`

const hurtTables = ['"User"', '"Session"', tables.written]

/** Makes PostgreSQL run a piece of SQL for each row that is written to some tables. */
async function withTrigger({ database, databaseName, extent }: World, sql: string, tables = hurtTables): Promise<void> {
  await database.query(`ALTER DATABASE ${databaseName} SET deadlock_timeout = '100ms'`)
  await database.query(
    `CREATE FUNCTION hostile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${sql} RETURN NEW; END $$`,
  )
  for (const table of tables) {
    await database.query(
      `CREATE TRIGGER hostile BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION hostile()`,
    )
  }
  await delay(Math.min(8_000, extent.mostCause))
  for (const table of tables) await database.query(`DROP TRIGGER hostile ON ${table}`)
}
