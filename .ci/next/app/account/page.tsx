import { getApi } from '@plinth/client/next'

export default async function Page() {
  const sessions = await (await getApi()).sessions.list.query()
  return <h1 id="addresses">{sessions.map(({ ip }) => ip).join()}</h1>
}
