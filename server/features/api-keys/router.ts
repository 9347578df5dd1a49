import { z } from 'zod'
import { protectedProcedure, router } from '../../procedures.js'
import { apiKeyListSchema, createApiKeySchema, createdApiKeySchema, revokeApiKeySchema } from './schema.js'

export const apiKeysRouter = router({
  list: protectedProcedure
    .meta({ rest: { method: 'GET', path: '/api-keys' }, summary: 'List your API keys' })
    .output(apiKeyListSchema)
    .query(({ ctx }) => ctx.services.apiKeys.list(ctx.actor)),

  create: protectedProcedure
    .meta({
      rest: { method: 'POST', path: '/api-keys', status: 201, locatedBy: null },
      summary: 'Create an API key',
      idempotency: 'none',
      limits: [{ name: 'apiKeys.create', by: 'actor', points: 60, windowSeconds: 3600 }],
    })
    .input(createApiKeySchema)
    .output(createdApiKeySchema)
    .mutation(({ ctx, input }) => ctx.services.apiKeys.create(ctx.actor, input)),

  revoke: protectedProcedure
    .meta({ rest: { method: 'DELETE', path: '/api-keys/{id}', status: 204 }, summary: 'Revoke an API key' })
    .input(revokeApiKeySchema)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.apiKeys.revoke(ctx.actor, input)),
})
