import { createApiClient } from '@plinth/client'

/** The client of the page. Its calls go to the page's own origin, which forwards them to the server (proxy.ts). */
export const client = createApiClient({ url: '' })
