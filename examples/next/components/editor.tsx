'use client'

import { apiError, type Inputs, type Outputs } from '@plinth/client'
import { createPostSchema } from '@plinth/client/schemas'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { client } from '#lib/client'
import { Conflict } from './conflict'
import { type FieldProps, Form } from './form'

export type Text = Record<'title' | 'body', string>

/** Another text of the same post: what was saved meanwhile, or what the person has put aside for it. */
export type OtherText = Text & { isOwn: boolean }

const { posts } = client.api
const readers = { draft: 'Only me (a draft)', published: 'Everyone' }

/** Writes a post. If it was changed elsewhere meanwhile, both texts stay on the page until one is saved. */
export function Editor({ post }: { post?: Outputs['posts']['get'] }) {
  const router = useRouter()
  const cache = useQueryClient()
  const [text, setText] = useState<Text>({ title: post?.title ?? '', body: post?.body ?? '' })
  const [version, setVersion] = useState(post?.version)
  const [other, setOther] = useState<OtherText>()
  const write = (change: Partial<Text>) => setText({ ...text, ...change })
  useWarning(text.title !== (post?.title ?? '') || text.body !== (post?.body ?? ''))

  async function save(input: Inputs['posts']['create']) {
    try {
      const { id } = await (post ? posts.update.mutate({ ...input, id: post.id, version }) : posts.create.mutate(input))
      await cache.invalidateQueries()
      router.push(`/posts/${id}`)
    } catch (error) {
      if (!post || apiError(error)?.code !== 'VERSION_MISMATCH') throw error
      const latest = await posts.get.query({ id: post.id })
      setVersion(latest.version)
      setOther({ ...latest, isOwn: false })
    }
  }

  return (
    <div className={other ? 'editor compared' : 'editor'}>
      <h1>{post ? 'Edit' : 'Write'}</h1>
      <Form schema={createPostSchema} fields={fieldsOf(text, write, post?.status)} submit="Save" run={save} />
      {other && (
        <Conflict
          key={version}
          text={text}
          other={other}
          onExchange={() => {
            setOther({ ...text, isOwn: !other.isOwn })
            setText({ title: other.title, body: other.body })
          }}
          onAdd={(lines) => write({ body: `${text.body}\n\n${lines}` })}
        />
      )}
    </div>
  )
}

const fieldsOf = (text: Text, write: (change: Partial<Text>) => void, status = 'draft'): FieldProps[] => [
  { name: 'title', label: 'Title', value: text.title, onText: (title) => write({ title }) },
  { name: 'body', label: 'Text', isLong: true, value: text.body, onText: (body) => write({ body }) },
  { name: 'status', label: 'Who can read it', options: readers, defaultValue: status },
]

// The browser asks before it closes a page whose text is not saved.
function useWarning(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return undefined
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isUnsaved])
}
