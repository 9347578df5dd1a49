import type { Actor } from '../../core/actor.js'
import { createApiKeys } from '../../core/security/api-keys.js'
import { authenticate } from './authentication.js'
import { removeEndedKeys } from './end-keys.js'
import { type ApiKeysDependencies, createKey, listKeys, revokeKey } from './own-keys.js'
import type { CreateApiKey, RevokeApiKey } from './schema.js'

type ApiKeysOptions = Omit<ApiKeysDependencies, 'keys'> & { prefix: string }

/** The API keys of users, with which programs act for them within the scopes of the key. */
export function createApiKeysService({ prefix, ...given }: ApiKeysOptions) {
  const dependencies = { ...given, keys: createApiKeys(prefix) }
  return {
    isKey: dependencies.keys.isKey,
    authenticate: (key: string) => authenticate(dependencies, key),
    list: (actor: Actor) => listKeys(dependencies, actor),
    create: (actor: Actor, input: CreateApiKey) => createKey(dependencies, actor, input),
    revoke: (actor: Actor, input: RevokeApiKey) => revokeKey(dependencies, actor, input),
    removeEnded: (before: Date) => removeEndedKeys(given.db, before),
  }
}
