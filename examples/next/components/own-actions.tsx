'use client'

import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useUser } from '#lib/user'
import { Action } from './action'
import { client } from './providers'

/** What the author of a post can do with it, and administrators. */
export function OwnActions({ id, authorId }: { id: string; authorId: string }) {
  const { user } = useUser()
  const router = useRouter()
  if (user?.id !== authorId && user?.role !== 'admin') return null
  const remove = () => client.api.posts.remove.mutate({ id }).then(() => router.push('/'))
  return (
    <p className="actions">
      <Link className="button" href={`/posts/${id}/edit`}>
        Edit
      </Link>
      <Action text="Delete" confirm="Delete this post?" run={remove} />
    </p>
  )
}
