'use client'

import { useApi, useSession } from '@plinth/client/react'
import { useQuery } from '@tanstack/react-query'

// Someone whose account is disabled sees it within this time, also on a page that asks for nothing else.
const watchMs = 4000

/** The user for whom the page is shown, as the server has rendered it, and then as the session tells. */
export function useUser() {
  const { status, user } = useSession()
  const me = useQuery({ ...useApi().users.me.queryOptions(), enabled: user !== null, refetchInterval: watchMs })
  return { user: status === 'anonymous' ? null : (user ?? me.data ?? null), isServerAway: me.failureCount > 0 }
}
