'use client'

import type { Outputs } from '@plinth/client'
import { cursorPages, useApi } from '@plinth/client/react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { feedInput } from '#lib/filters'
import { day } from '#lib/words'
import { Filter } from './form'
import { More } from './more'

/** The posts, newest first, or those that match a search. The first page comes with the HTML. */
export function Feed({ search }: { search: string }) {
  const options = useApi().posts.list.infiniteQueryOptions(feedInput(search), cursorPages)
  const posts = useInfiniteQuery({ ...options, placeholderData: keepPreviousData })
  const items = posts.data?.pages.flatMap((page) => page.items) ?? []
  const count = `${items.length} ${items.length === 1 ? 'post' : 'posts'}${posts.hasNextPage ? ', and more below' : ''}`
  const isEmpty = posts.isSuccess && !posts.hasNextPage && items.length === 0
  return (
    <>
      <Filter action="/" fields={[{ name: 'q', label: 'Search posts', type: 'search', defaultValue: search }]} />
      <p className={isEmpty ? 'lead' : 'hidden'} role="status">
        {isEmpty ? 'Nothing is written here yet.' : count}
      </p>
      <ol className="feed">
        {items.map((post) => (
          <Entry key={post.id} post={post} />
        ))}
      </ol>
      <More list={posts} />
    </>
  )
}

type Post = Outputs['posts']['list']['items'][number]

const Entry = ({ post: { id, title, body, author, status, createdAt, publishedAt } }: { post: Post }) => (
  <li>
    <article aria-labelledby={id}>
      <p className="margin">
        <time dateTime={createdAt.toISOString()}>{day(publishedAt ?? createdAt)}</time>
        {status === 'draft' && <span className="tag">Draft</span>}
      </p>
      <div>
        <h2 id={id}>
          <Link href={`/posts/${id}`}>{title}</Link>
        </h2>
        <p className="excerpt">{body}</p>
        <p className="byline">{author.name}</p>
      </div>
    </article>
  </li>
)
