import { getApi } from '@plinth/client/next'

export default async function Page() {
  const user = await (await getApi()).users.me.query().catch(() => null)
  return (
    <form action={logIn}>
      <h1 id="rendered">{user?.email ?? 'nobody'}</h1>
      <input name="email" />
      <input name="password" type="password" />
      <button type="submit">Log in</button>
      <button type="submit" formAction={logOut}>
        Log out
      </button>
    </form>
  )
}

async function logIn(form: FormData) {
  'use server'
  const [email, password] = [form.get('email'), form.get('password')]
  if (typeof email !== 'string' || typeof password !== 'string') return
  await (await getApi()).auth.login.mutate({ email, password, delivery: 'cookie' })
}

async function logOut() {
  'use server'
  await (await getApi()).auth.logout.mutate({})
}
