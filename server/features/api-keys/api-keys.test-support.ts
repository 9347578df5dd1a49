import { createApiKey } from '../../testing/factories.js'
import { type CallRows, notYours, type Stage } from '../../testing/stage.js'

const keyOfOwner = async ({ t, owner }: Stage) => ({ id: (await createApiKey(t, owner.user)).id })

/** The calls of each procedure of API keys, for the tests of all procedures. */
export const calls: CallRows = {
  'apiKeys.list': {},
  'apiKeys.create': {
    input: () => ({ name: 'K', scopes: ['users:read'] }),
  },
  'apiKeys.revoke': {
    input: keyOfOwner,
    exceptions: { ...notYours, admin: 'NOT_FOUND' },
  },
}
