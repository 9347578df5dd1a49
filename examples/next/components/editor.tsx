'use client'

import { apiError, type Inputs, type Outputs } from '@plinth/client'
import { createPostSchema } from '@plinth/client/schemas'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { Form } from './form'
import { client } from './providers'

type Post = Outputs['posts']['get']

const { posts } = client.api
const readers = { draft: 'Only me (a draft)', published: 'Everyone' }
const ask = (event: BeforeUnloadEvent) => event.preventDefault()
const focus = (element: HTMLElement | null) => element?.focus()

/** Writes a post. If it was changed elsewhere meanwhile, both texts stand on the page until one is saved. */
export function Editor({ post }: { post?: Post }) {
  const router = useRouter()
  const [conflict, setConflict] = useState<{ saved: Post; written: string[] }>()
  const [isUnsaved, setUnsaved] = useState(false)
  // The browser asks before it closes a page whose text is not saved.
  useEffect(() => {
    if (isUnsaved) window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isUnsaved])

  async function save(input: Inputs['posts']['create']) {
    try {
      const version = conflict?.saved.version ?? post?.version
      const { id } = await (post ? posts.update.mutate({ ...input, id: post.id, version }) : posts.create.mutate(input))
      setUnsaved(false)
      router.push(`/posts/${id}`)
    } catch (error) {
      if (!post || apiError(error)?.code !== 'VERSION_MISMATCH') throw error
      setConflict({ saved: await posts.get.query({ id: post.id }), written: [input.title, ...input.body.split('\n')] })
    }
  }

  return (
    <div className={conflict ? 'editor compared' : 'editor'} onInput={() => setUnsaved(true)}>
      <h1>{post ? 'Edit' : 'Write'}</h1>
      <Form
        schema={createPostSchema}
        fields={[
          { name: 'title', label: 'Title', defaultValue: post?.title },
          { name: 'body', label: 'Text', isLong: true, defaultValue: post?.body },
          { name: 'status', label: 'Who can read it', options: readers, defaultValue: post?.status },
        ]}
        submit="Save"
        run={save}
      />
      {conflict && <Conflict key={conflict.saved.version} {...conflict} />}
    </div>
  )
}

/** Shows the saved text beside the form, with the lines marked that the form lacks. */
function Conflict({ saved, written }: { saved: Post; written: string[] }) {
  const mark = (line: string) => (written.includes(line) ? line : <mark>{line}</mark>)
  return (
    <section className="conflict" aria-labelledby="conflict">
      <h2 id="conflict" ref={focus} tabIndex={-1}>
        Someone saved this post while you were writing
      </h2>
      <p>
        Nothing is lost: your text is in the form, and the saved one is here. What the form lacks is marked; copy what
        you want to keep. “Save” replaces the saved text with the form.
      </p>
      <div className="other">
        <h3>{mark(saved.title)}</h3>
        {saved.body.split('\n').map((line, index) => (
          <p key={index}>{mark(line)}</p>
        ))}
      </div>
    </section>
  )
}
