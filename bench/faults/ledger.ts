import type pg from 'pg'
import { creations, halves } from './targets.js'

export type Kind = keyof typeof creations

/** Records the responses that clients got for their writes. */
export interface Ledger {
  /** A new key. */
  nextKey(): string
  note(kind: Kind, key: string, told: 'done' | 'refused' | 'unknown'): void
  /** Records the acknowledged version of a user. */
  noteVersion(userId: string, version: number): void
  /** Compares the acknowledged changes with the data. */
  audit(database: pg.Client): Promise<Audit>
}

/** The differences; all are 0 if nothing was lost. */
export interface Audit {
  acknowledged: number
  lost: number
  doubled: number
  halfDone: number
  /** Acknowledged changes that are missing. */
  forgotten: number
  /** Rejected but done, because the response to a commit was lost. */
  doneThoughRefused: number
}

export function createLedger(): Ledger {
  let keys = 0
  const told = { post: new Map<string, string>(), invitation: new Map<string, string>() } satisfies Record<
    Kind,
    unknown
  >
  const versions = new Map<string, number>()
  return {
    nextKey: () => `ledger-${keys++}`,
    note: (kind, key, what) => void told[kind].set(key, what),
    noteVersion: (userId, version) => void versions.set(userId, Math.max(version, versions.get(userId) ?? 0)),
    async audit(database) {
      const audits: Audit[] = []
      for (const [kind, { keys }] of Object.entries(creations)) {
        const { rows } = await database.query<{ key: string }>(keys)
        audits.push(
          compare(
            kind === 'post' ? told.post : told.invitation,
            rows.map(({ key }) => key),
          ),
        )
      }
      const sum = (name: keyof Audit) => audits.reduce((total, audit) => total + audit[name], 0)
      return {
        acknowledged: sum('acknowledged'),
        lost: sum('lost'),
        doubled: sum('doubled'),
        halfDone: await countHalves(database),
        forgotten: await countForgotten(database, versions),
        doneThoughRefused: sum('doneThoughRefused'),
      }
    },
  }
}

function compare(told: ReadonlyMap<string, string>, present: readonly string[]): Audit {
  const keysTold = (what: string) => [...told].filter(([, outcome]) => outcome === what).map(([key]) => key)
  const there = new Set(present)
  const done = keysTold('done')
  return {
    acknowledged: done.length,
    lost: done.filter((key) => !there.has(key)).length,
    doubled: present.length - there.size,
    halfDone: 0,
    forgotten: 0,
    doneThoughRefused: keysTold('refused').filter((key) => there.has(key)).length,
  }
}

async function countHalves(database: pg.Client): Promise<number> {
  let count = 0
  for (const statement of halves) {
    const { rows } = await database.query<{ count: string }>(statement)
    count += Number(rows[0]?.count ?? 0)
  }
  return count
}

async function countForgotten(database: pg.Client, versions: ReadonlyMap<string, number>): Promise<number> {
  const { rows } = await database.query<{ id: string; version: number }>('SELECT "id", "version" FROM "User"')
  return rows.filter(({ id, version }) => version < (versions.get(id) ?? 0)).length
}
