'use client'

import { createApiClient } from '@plinth/client'
import { ApiProvider } from '@plinth/client/react'
import type { ReactNode } from 'react'

/** The client of the page. Its calls go to the page's own origin, which forwards them to the server (proxy.ts). */
export const client = createApiClient({ url: '' })

export const Providers = ({ children }: { children: ReactNode }) => (
  <ApiProvider client={client}>{children}</ApiProvider>
)
