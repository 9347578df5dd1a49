import { getApi, Hydrate, prefetch } from '@plinth/client/next'
import { Me } from './providers'

export default async function Page() {
  const read = async () =>
    (await getApi()).users.me.query().then(
      ({ email }) => email,
      () => 'nobody',
    )
  const names = await Promise.all([read(), read(), read(), read(), read()])
  await prefetch((api) => api.users.me.queryOptions())
  return (
    <Hydrate>
      <h1 id="rendered">{[...new Set(names)].join()}</h1>
      <Me />
    </Hydrate>
  )
}
