import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto'
import { type JWK, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../clock.js'

/** The claims of an access token that the server uses. */
export interface AccessClaims {
  userId: string
  sessionId: string
}

export type AccessTokens = ReturnType<typeof createAccessTokens>

/** The only algorithm for signing and verifying tokens; see docs/decisions/010-es256-access-tokens.md. */
const algorithm = 'ES256'
const tokenType = 'at+jwt'
const lifetimeSeconds = 15 * 60
const rememberedMax = 10_000
// The header members of our tokens. Other members may name another key (`jku`) or change what is signed (`b64`).
const headerMembers = new Set(['alg', 'typ', 'kid'])

const payloadSchema = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  exp: z.number(),
})

interface Remembered {
  claims: AccessClaims
  expiresAt: number
}

/**
 * Signs and verifies access tokens: JWTs as in RFC 9068 and RFC 8725, valid for 15 minutes. The first key signs, all
 * keys verify.
 *
 * @throws Error if a key is not a private P-256 key
 */
export function createAccessTokens({ config, clock }: AccessTokenOptions) {
  const keys = new Map(config.identity.signingKeys.map((jwk) => [jwk.kid, importKey(jwk)]))
  const party = { issuer: config.http.publicUrl, audience: config.http.publicUrl }
  return {
    sign: createSigner(keys, party, clock),
    verify: createVerifier(keys, party, clock),
    /**
     * Returns the session of a valid token, even if the token has expired. Use it only to end the session. Null for
     * other strings.
     */
    sessionOf: (token: string): Promise<string | null> =>
      checkToken(keys, { ...party, clockTolerance: Number.MAX_SAFE_INTEGER }, token, clock)
        .then(({ claims }) => claims.sessionId)
        .catch(() => null),
    /** The public keys, as a JWK set (RFC 7517). */
    publicKeys(): { keys: JWK[] } {
      return { keys: [...keys].map(([kid, { publicKey }]) => toPublicJwk(kid, publicKey)) }
    },
  }
}

interface AccessTokenOptions {
  config: {
    identity: { signingKeys: readonly (JsonWebKey & { kid: string })[] }
    http: { publicUrl: string }
  }
  clock: Clock
}

type Keys = ReadonlyMap<string, ReturnType<typeof importKey>>

interface Party {
  issuer: string
  audience: string
}

function createSigner(keys: Keys, { issuer, audience }: Party, clock: Clock) {
  const [first] = keys
  if (!first) throw new Error('No key for signing access tokens is configured.')
  const [kid, { privateKey }] = first
  // The role only informs the client. The server uses the role that is stored for the user.
  return async ({ userId, role, sessionId }: AccessClaims & { role: string }) => {
    const issuedAt = Math.floor(clock.now().getTime() / 1000)
    const token = await new SignJWT({ role, sid: sessionId })
      .setProtectedHeader({ alg: algorithm, typ: tokenType, kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(privateKey)
    return { token, expiresIn: lifetimeSeconds }
  }
}

// Verified tokens are cached until they expire, because verifying a signature takes 0.2 ms.
function createVerifier(keys: Keys, party: Party, clock: Clock) {
  const remembered = new LRUCache<string, Remembered>({ max: rememberedMax })

  /** Returns the claims of a valid token that has not expired, otherwise null. */
  return async (token: string): Promise<AccessClaims | null> => {
    const known = remembered.get(token)
    if (known && clock.now().getTime() < known.expiresAt) return known.claims
    const checked = await checkToken(keys, party, token, clock).catch(() => null)
    if (checked) remembered.set(token, checked)
    return checked && checked.claims
  }
}

interface Rules extends Party {
  /** For how many seconds after its expiry a token is still accepted. */
  clockTolerance?: number
}

async function checkToken(keys: Keys, party: Rules, token: string, clock: Clock): Promise<Remembered> {
  const rules = { algorithms: [algorithm], typ: tokenType, ...party, currentDate: clock.now() }
  const { payload } = await jwtVerify(token, (header: JWTHeaderParameters) => findKey(keys, header), rules)
  const { sub, sid, exp } = payloadSchema.parse(payload)
  return { claims: { userId: sub, sessionId: sid }, expiresAt: exp * 1000 }
}

function findKey(keys: Keys, header: JWTHeaderParameters): KeyObject {
  const key = keys.get(header.kid ?? '')
  const isOurs = Object.keys(header).every((name) => headerMembers.has(name))
  if (!key || !isOurs) throw new Error('The header is not that of an access token of this server.')
  return key.publicKey
}

function importKey(jwk: JsonWebKey): { privateKey: KeyObject; publicKey: KeyObject } {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function toPublicJwk(kid: string, publicKey: KeyObject): JWK {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return {
    ...z.object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string() }).parse({ kty, crv, x, y }),
    kid,
    alg: algorithm,
    use: 'sig',
  }
}
