'use client'

import { useRouter } from 'next/navigation'
import { client } from '#lib/client'
import { useUser } from '#lib/user'
import { Action } from './action'
import { LinkTo } from './link-to'

/** What the author of a post can do with it, and administrators. */
export function OwnActions({ id, authorId }: { id: string; authorId: string }) {
  const { user } = useUser()
  const router = useRouter()
  if (user?.id !== authorId && user?.role !== 'admin') return null
  const remove = () => client.api.posts.remove.mutate({ id }).then(() => router.push('/'))
  return (
    <p className="actions">
      <LinkTo className="button" href={`/posts/${id}/edit`} text="Edit" />
      <Action text="Delete" confirm="Delete this post?" run={remove} />
    </p>
  )
}
