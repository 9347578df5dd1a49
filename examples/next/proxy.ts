import { sessionProxy } from '@plinth/client/next'

const ofSignedIn = /^\/(account|admin\/.*|posts\/new|posts\/[^/]+\/edit)$/

// The one place that renews the session. It also forwards the calls of the page to the server (API_URL).
export const proxy = sessionProxy({ protect: (path) => ofSignedIn.test(path), signInPath: '/sign-in' })
