import { AlsoBy } from '#components/also-by'
import { OwnActions } from '#components/own-actions'
import { getPost } from '#lib/post'
import { day } from '#lib/words'

type Props = { params: Promise<{ id: string }> }

export async function generateMetadata({ params }: Props) {
  return { title: (await getPost((await params).id)).title }
}

export default async function PostPage({ params }: Props) {
  const { id, title, body, author, status, createdAt, publishedAt } = await getPost((await params).id)
  return (
    <article className="post">
      <h1>{title}</h1>
      <p className="byline">
        {author.name} · <time dateTime={createdAt.toISOString()}>{day(publishedAt ?? createdAt)}</time>
        {status === 'draft' && <span className="tag">Draft</span>}
      </p>
      <div className="prose">{body}</div>
      <OwnActions id={id} authorId={author.id} />
      <AlsoBy author={author} except={id} />
    </article>
  )
}
