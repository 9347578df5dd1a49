import { apiKeysRouter } from './features/api-keys/router.js'
import { auditRouter } from './features/audit/router.js'
import { authRouter } from './features/auth/router.js'
import { jobsRouter } from './features/jobs/router.js'
import { mailRouter } from './features/mail/router.js'
import { postsRouter } from './features/posts/router.js'
import { sessionsRouter } from './features/sessions/router.js'
import { usersRouter } from './features/users/router.js'
import { router } from './procedures.js'

/** Every procedure of the application. tRPC, REST, OpenAPI and in-process callers are derived from it. */
export const appRouter = router({
  auth: authRouter,
  sessions: sessionsRouter,
  users: usersRouter,
  apiKeys: apiKeysRouter,
  posts: postsRouter,
  audit: auditRouter,
  mail: mailRouter,
  jobs: jobsRouter,
})

export type AppRouter = typeof appRouter
