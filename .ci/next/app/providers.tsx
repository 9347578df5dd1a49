'use client'

import { createApiClient } from '@plinth/client'
import { ApiProvider, useApi, useSession } from '@plinth/client/react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

const client = createApiClient({ url: '' })

export function Providers({ children }: { children: ReactNode }) {
  if (typeof window !== 'undefined') Object.assign(globalThis, { client })
  return <ApiProvider client={client}>{children}</ApiProvider>
}

export function Me() {
  const { user } = useSession()
  const me = useQuery(useApi().users.me.queryOptions())
  return (
    <>
      <p id="prefetched">{me.data ? `${me.data.email} since ${me.data.createdAt.getFullYear()}` : 'nobody'}</p>
      <p id="session">{user?.email ?? 'anonymous'}</p>
    </>
  )
}
