import type { FastifyInstance } from 'fastify'
import type { AccessTokens } from '../security/access-tokens.js'

// A key is published when it joins the set, before it moves to the first place and signs: see docs/sessions.md.
const cacheSeconds = 300

/** Serves `GET /.well-known/jwks.json`: the public halves of the keys that access tokens are verified with. */
export function jwksRoute({ accessTokens }: { accessTokens: AccessTokens }) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/.well-known/jwks.json', async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${cacheSeconds}`)
      return accessTokens.publicKeys()
    })
  }
}
