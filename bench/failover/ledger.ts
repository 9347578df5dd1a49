import { query } from './postgres.js'

/** Records what clients were told of their writes. */
export interface Ledger {
  /** A text that no other write contains. */
  nextMark(): string
  noteInvitation(mark: string, isAcknowledged: boolean): void
  /** Records a change of a user's name: the acknowledged version, or undefined if the answer was an error. */
  noteRename(userId: string, version: number | undefined): void
  /** The marks of the acknowledged invitations. */
  invited(): readonly string[]
  /** Compares what was acknowledged with the data. */
  audit(url: string): Promise<Audit>
}

/** What became of the writes. */
export interface Audit {
  acknowledged: number
  /** Acknowledged writes that are missing. */
  lost: number
  /** Writes whose answer was an error. */
  refused: number
  /** Of these, the ones that took effect, because the answer to their commit was lost. */
  refusedButDone: number
}

const prefix = 'failover-'

export function createLedger(): Ledger {
  let marks = 0
  const invitations = new Map<string, boolean>()
  const renames = new Map<string, Renames>()
  const invited = () => [...invitations].filter(([, isAcknowledged]) => isAcknowledged).map(([mark]) => mark)
  return {
    nextMark: () => `${prefix}${marks++}`,
    noteInvitation: (mark, isAcknowledged) => void invitations.set(mark, isAcknowledged),
    noteRename(userId, version) {
      const { newest = 0, acknowledged = 0, refused = 0 } = renames.get(userId) ?? {}
      if (version === undefined) renames.set(userId, { newest, acknowledged, refused: refused + 1 })
      else renames.set(userId, { newest: Math.max(newest, version), acknowledged: acknowledged + 1, refused })
    },
    invited,
    async audit(url) {
      const rows = await query(url, `SELECT "id", "name", "version" FROM "User"`)
      const names = new Set(rows.map(({ name }) => name))
      const versions = new Map(rows.map(({ id, version }) => [id, Number(version)]))
      const refused = [...invitations].filter(([, isAcknowledged]) => !isAcknowledged).map(([mark]) => mark)
      const audits = [...renames].map(([id, told]) => auditRenames(told, versions.get(id) ?? 0))
      return sum([
        {
          acknowledged: invited().length,
          lost: invited().filter((mark) => !names.has(mark)).length,
          refused: refused.length,
          refusedButDone: refused.filter((mark) => names.has(mark)).length,
        },
        ...audits,
      ])
    },
  }
}

interface Renames {
  /** The highest version that was acknowledged. */
  newest: number
  acknowledged: number
  refused: number
}

const firstVersion = 1

// One client renames a user, one time after the other, and each change adds one to the version.
function auditRenames({ newest, acknowledged, refused }: Renames, version: number): Audit {
  const done = version - firstVersion
  const lost = Math.max(0, newest - version, acknowledged - done)
  return { acknowledged, lost, refused, refusedButDone: Math.max(0, done - acknowledged) }
}

function sum(audits: readonly Audit[]): Audit {
  const total = (name: keyof Audit) => audits.reduce((count, audit) => count + audit[name], 0)
  return {
    acknowledged: total('acknowledged'),
    lost: total('lost'),
    refused: total('refused'),
    refusedButDone: total('refusedButDone'),
  }
}
