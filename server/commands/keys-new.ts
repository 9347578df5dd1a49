import { readEnvironment } from '../config.js'
import { RemedyError } from '../core/remedy-error.js'
import { createSigningKey } from '../core/security/signing-keys.js'
import { serverSettings } from '../settings.js'

// Prints a value for JWT_PRIVATE_KEYS: a new key that signs, followed by the existing ones, which can still be
// verified.
const present = readPresentKeys(readEnvironment().JWT_PRIVATE_KEYS)
console.log(JSON.stringify({ keys: [await createSigningKey(), ...present] }))

function readPresentKeys(value: string | undefined) {
  if (!value?.trim()) return []
  const parsed = serverSettings.shape.JWT_PRIVATE_KEYS.safeParse(value)
  if (parsed.success) return parsed.data.keys
  throw new RemedyError('JWT_PRIVATE_KEYS is not a JWK set of private P-256 keys. Correct it or unset it first.')
}
