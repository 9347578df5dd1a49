import { cursorPages, Hydrate, prefetch } from '@plinth/client/next'
import { Events } from '#components/events'
import { eventFilter, type Query } from '#lib/filters'

export const metadata = { title: 'Events' }

export default async function EventsPage({ searchParams }: { searchParams: Promise<Query> }) {
  const filter = eventFilter(await searchParams)
  await prefetch((api) => api.audit.list.infiniteQueryOptions(filter, cursorPages))
  return (
    <Hydrate>
      <h1>Events</h1>
      <Events filter={filter} />
    </Hydrate>
  )
}
