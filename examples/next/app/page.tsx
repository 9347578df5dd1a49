import { cursorPages, Hydrate, prefetch } from '@plinth/client/next'
import { Feed } from '#components/feed'
import { feedInput, type Query } from '#lib/filters'

export default async function FeedPage({ searchParams }: { searchParams: Promise<Query> }) {
  const search = String((await searchParams).q ?? '').trim()
  await prefetch((api) => api.posts.list.infiniteQueryOptions(feedInput(search), cursorPages))
  return (
    <>
      <h1>Posts</h1>
      <Hydrate>
        <Feed search={search} />
      </Hydrate>
    </>
  )
}
