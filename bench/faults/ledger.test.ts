import pg from 'pg'
import { expect, it } from 'vitest'
import { createLedger } from './ledger.js'
import { creations } from './targets.js'

/** A database with the rows that a test gives. */
function databaseOf(present: Readonly<Record<keyof typeof creations, readonly string[]>>, version = 1): pg.Client {
  const answers = new Map<string, object[]>(
    Object.entries(creations).map(([kind, { keys }]) => [
      keys,
      (kind === 'post' ? present.post : present.invitation).map((key) => ({ key })),
    ]),
  )
  const users = [{ id: 'user', version, count: '0' }]
  return Object.assign(new pg.Client(), {
    query: async (sql: string) => ({ rows: answers.get(sql) ?? users }),
  })
}

it('counts a write without a response as neither done nor rejected, whether it exists or not', async () => {
  const ledger = createLedger()
  for (const key of ['there', 'not-there']) ledger.note('post', key, 'unknown')
  const audit = await ledger.audit(databaseOf({ post: ['there'], invitation: [] }))
  expect(audit).toEqual({ acknowledged: 0, lost: 0, doubled: 0, halfDone: 0, forgotten: 0, doneThoughRefused: 0 })
})

it('finds acknowledged writes that are missing or duplicated, and lost changes', async () => {
  const ledger = createLedger()
  for (const key of ['kept', 'gone', 'twice']) ledger.note('post', key, 'done')
  ledger.note('invitation', 'refused', 'refused')
  ledger.noteVersion('user', 3)
  const audit = await ledger.audit(databaseOf({ post: ['kept', 'twice', 'twice'], invitation: ['refused'] }, 2))
  expect(audit).toEqual({ acknowledged: 3, lost: 1, doubled: 1, halfDone: 0, forgotten: 1, doneThoughRefused: 1 })
})
