// A list and a login without server components. Start the server with `npm run dev`, build the client package with
// `npm run build -w client`, then run `npx vite examples/vite`.
import { apiError, createApiClient } from '@plinth/client'
import { ApiProvider, cursorPages, useApi, useSession } from '@plinth/client/react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'

const client = createApiClient({ url: 'http://localhost:3000' })

function Feed() {
  const posts = useInfiniteQuery(useApi().posts.list.infiniteQueryOptions({ limit: 10 }, cursorPages))
  if (posts.isError) return <p role="alert">{apiError(posts.error)?.message ?? 'The server cannot be reached.'}</p>
  return (
    <main aria-busy={posts.isFetching}>
      <h1>Posts</h1>
      {posts.data?.pages
        .flatMap(({ items }) => items)
        .map(({ id, title, author, createdAt, status }) => (
          <article key={id}>
            <h2>{title}</h2>
            {author.name}, {createdAt.toLocaleDateString('en')} {status === 'draft' && '(draft)'}
          </article>
        ))}
      {posts.hasNextPage && (
        <button type="button" onClick={() => void posts.fetchNextPage()}>
          More
        </button>
      )}
    </main>
  )
}

function Account() {
  const { status, user } = useSession()
  const [fault, setFault] = useState('')
  const logOut = () => void client.logout().catch(show)
  const show = (error: unknown) => setFault(apiError(error)?.message ?? 'The server cannot be reached.')
  const logIn = (form: FormData) => {
    const [email, password] = [form.get('email'), form.get('password')]
    if (typeof email === 'string' && typeof password === 'string') client.login({ email, password }).catch(show)
  }
  if (status === 'unknown') return null
  if (user)
    return (
      <button type="button" onClick={logOut}>
        Log out {user.name}
      </button>
    )
  return (
    <form action={logIn}>
      <input name="email" type="email" aria-label="Email" defaultValue="ada@example.com" required />
      <input name="password" type="password" aria-label="Password" defaultValue="demo-user-passphrase" required />
      <button type="submit">Log in</button>
      <p role="alert">{fault}</p>
    </form>
  )
}

const root = document.body.appendChild(document.createElement('div'))
createRoot(root).render(
  <ApiProvider client={client}>
    <Account />
    <Feed />
  </ApiProvider>,
)
