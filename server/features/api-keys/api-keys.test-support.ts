import { createApiKey } from '../../testing/factories.js'
import { type CallRow, notYours, type Stage } from '../../testing/stage.js'

const keyOfOwner = async ({ t, owner }: Stage) => ({ id: (await createApiKey(t, owner.user)).id })

/** The rows of API keys for the table in `server/testing/calls.ts`. */
export const apiKeyCalls: Readonly<Record<string, CallRow>> = {
  'apiKeys.list': { invalid: { unknown: true } },
  'apiKeys.create': {
    input: () => ({ name: 'K', scopes: ['users:read'] }),
    invalid: { name: 'K', scopes: ['users:write'] },
  },
  'apiKeys.revoke': {
    input: keyOfOwner,
    invalid: { id: 'x' },
    exceptions: { ...notYours, admin: 'NOT_FOUND' },
  },
}
