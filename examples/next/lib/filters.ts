import type { Inputs } from '@plinth/client'
import { listAuditEventsSchema, listUsersSchema } from '@plinth/client/schemas'

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

/** The filters of a list, from the address of its page. All are left out if the server would refuse one. */
export function userFilter(query: Query) {
  const given = { ...filled(query), page: Number(query.page ?? 1) }
  return listUsersSchema.safeParse(given).data ?? listUsersSchema.parse({})
}

export function eventFilter(query: Query) {
  return listAuditEventsSchema.safeParse(filled(query)).data ?? listAuditEventsSchema.parse({})
}

const filled = (query: Query) => Object.fromEntries(Object.entries(query).filter(([, value]) => value))
