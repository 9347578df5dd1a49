import { Hydrate, prefetch } from '@plinth/client/next'
import { Invite, Users } from '#components/users'
import { type Query, userFilter } from '#lib/filters'

export const metadata = { title: 'Users' }

export default async function UsersPage({ searchParams }: { searchParams: Promise<Query> }) {
  const filter = userFilter(await searchParams)
  await prefetch((api) => api.users.list.queryOptions(filter))
  return (
    <Hydrate>
      <h1>Users</h1>
      <Users filter={filter} />
      <Invite />
    </Hydrate>
  )
}
