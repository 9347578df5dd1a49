import { Hydrate, prefetch } from '@plinth/client/next'
import type { Metadata, Viewport } from 'next'
import type { ReactNode } from 'react'
import { Header } from '#components/header'
import { Providers } from '#components/providers'
import app from '../../../app.json'
import './globals.css'

export const metadata: Metadata = { title: { default: app.title, template: `%s · ${app.title}` } }
export const viewport: Viewport = { colorScheme: 'light dark', width: 'device-width' }

export default async function Layout({ children }: { children: ReactNode }) {
  await prefetch((api) => api.users.me.queryOptions())
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#main">
          Skip to the content
        </a>
        <Providers>
          <Hydrate>
            <Header title={app.title} />
            <main id="main" tabIndex={-1}>
              {children}
            </main>
          </Hydrate>
        </Providers>
      </body>
    </html>
  )
}
