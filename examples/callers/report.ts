// A report on accounts, made by a program without HTTP. Start the server with `npm run dev` and build with `npm run build`;
// then:
//
//   npx tsx examples/callers/report.ts
//
// It exits with 1 at the first unexpected result.
import assert from 'node:assert/strict'
import { CallError, createServerCaller } from 'plinth/caller'

const server = await createServerCaller()

// The audit trail has an event with this reason, and no user behind it.
const system = server.asSystem('report on accounts')
const report: Record<string, number> = {}
for (const status of ['active', 'disabled', 'deleted'] as const) {
  report[status] = (await system.users.list({ status, limit: 1 })).meta.total
}
assert.ok((report['active'] ?? 0) >= 20)

const [ada] = (await system.users.list({ q: 'ada@example.com' })).items
assert.ok(ada)
const asAda = server.asUser(ada.id)
assert.equal((await asAda.users.me()).email, 'ada@example.com')

// Ada is no admin, and that is decided as on the transports.
const refusal: unknown = await asAda.users.list({}).catch((error: unknown) => error)
assert.ok(refusal instanceof CallError)
assert.equal(refusal.data.error.code, 'FORBIDDEN')

const { items } = await system.audit.list({ type: 'system.acted', limit: 1 })
assert.equal(items[0]?.data['reason'], 'report on accounts')

console.log(JSON.stringify(report))
