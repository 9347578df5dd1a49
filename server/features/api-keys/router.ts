import { z } from 'zod'
import { protectedProcedure, router } from '../../procedures.js'
import { apiKeyListSchema, createApiKeySchema, createdApiKeySchema, revokeApiKeySchema } from './schema.js'

export const apiKeysRouter = router({
  list: protectedProcedure
    .meta({
      rest: { method: 'GET', path: '/api-keys' },
      summary: 'List your API keys',
      description:
        'Returns your keys that are neither revoked nor expired, the newest first. The keys themselves are not ' +
        'stored and are not returned.',
    })
    .output(apiKeyListSchema)
    .query(({ ctx }) => ctx.services.apiKeys.list(ctx.actor)),

  create: protectedProcedure
    .meta({
      rest: { method: 'POST', path: '/api-keys', status: 201, locatedBy: null },
      summary: 'Create an API key',
      description:
        'Creates a key with which a program acts for you, within its scopes. The response is the only one that ' +
        'contains the key. You can have 20 keys that are neither revoked nor expired.',
      errors: ['CONFLICT'],
      idempotency: 'none',
      limits: [{ name: 'apiKeys.create', by: 'actor', points: 60, windowSeconds: 3600 }],
    })
    .input(createApiKeySchema)
    .output(createdApiKeySchema)
    .mutation(({ ctx, input }) => ctx.services.apiKeys.create(ctx.actor, input)),

  revoke: protectedProcedure
    .meta({
      rest: { method: 'DELETE', path: '/api-keys/{id}', status: 204 },
      summary: 'Revoke an API key',
      description: 'Ends a key. Requests with it are rejected at once.',
    })
    .input(revokeApiKeySchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.apiKeys.revoke(ctx.actor, input)),
})
