import type { FastifyInstance } from 'fastify'
import type { AccessTokens } from '../security/access-tokens.js'

// A new key is published before it is moved to the first place and signs: see docs/sessions.md.
const cacheSeconds = 300

/** Serves `GET /.well-known/jwks.json`: the public keys that verify access tokens. */
export function jwksRoute({ accessTokens }: { accessTokens: AccessTokens }) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/.well-known/jwks.json', async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${cacheSeconds}`)
      return accessTokens.publicKeys()
    })
  }
}
