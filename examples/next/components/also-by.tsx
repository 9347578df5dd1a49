import Link from 'next/link'
import { getServer } from '#lib/server'
import { Section } from './section'

/** The latest posts of an author that anyone may read, without the one that is shown. */
export async function AlsoBy({ author, except }: { author: { id: string; name: string }; except: string }) {
  const { items } = await (await getServer()).withToken(null).posts.list({ authorId: author.id, limit: 4 })
  const others = items.filter(({ id }) => id !== except).slice(0, 3)
  if (others.length === 0) return null
  return (
    <Section title={`Also by ${author.name}`}>
      <ul className="rows">
        {others.map(({ id, title }) => (
          <li key={id}>
            <Link href={`/posts/${id}`}>{title}</Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}
