'use client'

import { ApiProvider } from '@plinth/client/react'
import type { ReactNode } from 'react'
import { client } from '#lib/client'

export const Providers = ({ children }: { children: ReactNode }) => (
  <ApiProvider client={client}>{children}</ApiProvider>
)
