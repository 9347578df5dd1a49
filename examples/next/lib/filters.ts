import type { Inputs } from '@plinth/client'
import { listAuditEventsSchema, listUsersSchema } from '@plinth/client/schemas'
import type { core } from 'zod/mini'

export type Query = Record<string, string | string[] | undefined>

// A role without a word here is shown by its name.
export const roles: Readonly<Record<string, string>> = { user: 'User', admin: 'Admin' }
export const statuses = { active: 'Active', disabled: 'Disabled', deleted: 'Deleted' } as const

/** The kinds of audit events that are looked for most. */
export const eventTypes = {
  'login.succeeded': 'Signed in',
  'login.failed': 'Failed to sign in',
  'password.reset': 'Password reset',
  'user.disabled': 'Disabled',
  'user.invited': 'Invited',
} as const

/** What the feed asks for, in the browser as on the server that prefetches it. */
export function feedInput(search: string) {
  return (search ? { q: search, order: 'relevance' } : {}) satisfies Inputs['posts']['list']
}

/** The filters of a list, from the address of its page. Those that the server would refuse are left out. */
export const userFilter = (query: Query) => parse(listUsersSchema, { ...query, page: Number(query.page ?? 1) })
export const eventFilter = (query: Query) => parse(listAuditEventsSchema, query)

/** The address of a page with filters. */
export function addressOf(path: string, filter: Record<string, string | number | undefined>): string {
  const given = Object.entries(filter).flatMap(([name, value]) => (value ? [[name, String(value)]] : []))
  return `${path}?${new URLSearchParams(given)}`
}

function parse<Filter>(
  schema: { safeParse(value: unknown): core.util.SafeParseResult<Filter>; parse(value: unknown): Filter },
  query: object,
) {
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value))
  return schema.safeParse(given).data ?? schema.parse({})
}
