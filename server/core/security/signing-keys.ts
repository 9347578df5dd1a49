import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'

/** Creates a private key for access tokens: ES256, with its thumbprint as its id (RFC 7638). */
export async function createSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = await exportJWK(privateKey)
  return { ...key, kid: await calculateJwkThumbprint(key), alg: 'ES256', use: 'sig' }
}
