import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../../config.js'
import { createFakeClock, type FakeClock } from '../../testing/fake-clock.js'
import { createAccessTokens } from './access-tokens.js'
import { createSigningKey } from './signing-keys.js'

type Key = Config['identity']['signingKeys'][number]

const url = 'https://api.example.com'
const claims = { userId: randomUUID(), sessionId: randomUUID() }
const signedClaims = { ...claims, role: 'user' }
let key: Key
let clock: FakeClock

beforeAll(async () => {
  key = await newKey()
})

async function newKey(): Promise<Key> {
  const { kid, x = '', y = '', d = '' } = await createSigningKey()
  if (!kid) throw new Error('a key without a name')
  return { kty: 'EC', crv: 'P-256', kid, x, y, d }
}

function tokensOf(...signingKeys: Key[]) {
  clock = createFakeClock()
  const identity = { signingKeys, passwordPepper: '', tokenSecret: '', passwordMinLength: 15 }
  const http = {
    publicUrl: url,
    appUrl: url,
    corsOrigins: [],
    trustProxy: [],
    metricsToken: undefined,
    cookieDomain: undefined,
  }
  return createAccessTokens({ config: { identity, http }, clock })
}

interface Forgery {
  header?: Record<string, unknown>
  payload?: Record<string, unknown>
}

/** A valid token, except for what the test changes. */
function forge({ header = {}, payload = {} }: Forgery, signer = createPrivateKey({ key, format: 'jwk' })) {
  const seconds = Math.floor(clock.now().getTime() / 1000)
  const standard = {
    iss: url,
    aud: url,
    sub: claims.userId,
    sid: claims.sessionId,
    role: 'user',
    iat: seconds,
    exp: seconds + 900,
  }
  const body = Object.fromEntries(
    Object.entries({ ...standard, ...payload }).filter(([, value]) => value !== undefined),
  )
  return new SignJWT(body).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header }).sign(signer)
}

/** Signs any header, including those that a library rejects. */
function signText(header: string, payload: string): string {
  const signed = `${Buffer.from(header).toString('base64url')}.${payload}`
  const signingKey = { key: createPrivateKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const
  return `${signed}.${sign('sha256', Buffer.from(signed), signingKey).toString('base64url')}`
}

describe('access tokens', () => {
  it('carry the user, the role and the session for 15 minutes', async () => {
    const tokens = tokensOf(key)
    const { token, expiresIn } = await tokens.sign(signedClaims)
    expect(decodeJwt(token)).toMatchObject({ sub: claims.userId, sid: claims.sessionId, role: 'user' })
    expect(expiresIn).toBe(900)
    expect(await tokens.verify(token)).toEqual(claims)
    clock.advance(899)
    expect(await tokens.verify(token)).toEqual(claims)
    clock.advance(1)
    expect(await tokens.verify(token)).toBeNull()
  })

  it('S12: an unchanged forgery is accepted, so each one below is rejected because of its change', async () => {
    const tokens = tokensOf(key)
    expect(await tokens.verify(await forge({}))).toEqual(claims)
  })

  it.each<[string, Forgery]>([
    ['another type', { header: { typ: 'JWT' } }],
    ['no type', { header: { typ: undefined } }],
    ['another issuer', { payload: { iss: 'https://evil.example.com' } }],
    ['another audience', { payload: { aud: 'https://other.example.com' } }],
    ['no issuer', { payload: { iss: undefined } }],
    ['no audience', { payload: { aud: undefined } }],
    ['no expiry', { payload: { exp: undefined } }],
    ['an expiry in the past', { payload: { exp: 1 } }],
    ['a future start', { payload: { nbf: 4_000_000_000 } }],
    ['an unknown kid', { header: { kid: 'unknown' } }],
    ['no kid', { header: { kid: undefined } }],
    ['a kid of the prototype', { header: { kid: '__proto__' } }],
    ['a jku', { header: { jku: 'https://evil.example.com/jwks.json' } }],
    ['an x5u', { header: { x5u: 'https://evil.example.com/cert.pem' } }],
    ['a payload that is said to be unencoded', { header: { b64: false } }],
    ['a payload that is said to be encoded', { header: { b64: true } }],
    ['a compressed payload', { header: { zip: 'DEF' } }],
    ['a content type', { header: { cty: 'JWT' } }],
    ['a thumbprint', { header: { 'x5t#S256': 'AAAA' } }],
    ['an unknown member', { header: { extra: 1 } }],
    ['no session', { payload: { sid: undefined } }],
    ['a subject that is not an id', { payload: { sub: 'admin' } }],
  ])('S12: rejects %s', async (_name, forgery) => {
    const tokens = tokensOf(key)
    expect(await tokens.verify(await forge(forgery))).toBeNull()
  })

  it('S12: rejects a key that the token contains', async () => {
    const tokens = tokensOf(key)
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = publicKey.export({ format: 'jwk' })
    expect(await tokens.verify(await forge({ header: { jwk } }, privateKey))).toBeNull()
    expect(
      await tokens.verify(
        await forge({
          header: { jwk: createPublicKey(createPrivateKey({ key, format: 'jwk' })).export({ format: 'jwk' }) },
        }),
      ),
    ).toBeNull()
  })

  it.each(['"crit":[]', '"crit":["b64"],"b64":true', '"crit":["x"],"x":1', '"b64":false', '"__proto__":{}', '"":0'])(
    'S12: rejects %s in the header, although the signature is valid',
    async (member) => {
      const tokens = tokensOf(key)
      const ours = `"alg":"ES256","typ":"at+jwt","kid":${JSON.stringify(key.kid)}`
      const payload = (await forge({})).split('.')[1] ?? ''
      expect(await tokens.verify(signText(`{${ours}}`, payload))).toEqual(claims)
      expect(await tokens.verify(signText(`{${ours},${member}}`, payload))).toBeNull()
    },
  )

  it('S12: rejects the algorithm "none", and HMAC with the public key as its secret', async () => {
    const tokens = tokensOf(key)
    const unsigned = new UnsecuredJWT({ sid: claims.sessionId, role: 'admin' })
      .setSubject(claims.userId)
      .setIssuer(url)
      .setAudience(url)
      .setExpirationTime('15m')
      .encode()
    expect(await tokens.verify(unsigned)).toBeNull()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(await tokens.verify(await forge({ header: { alg: 'RS256' } }, privateKey))).toBeNull()
    const pem = createPublicKey(createPrivateKey({ key, format: 'jwk' })).export({ type: 'spki', format: 'pem' })
    const secret = new TextEncoder().encode(String(pem))
    const seconds = Math.floor(clock.now().getTime() / 1000)
    const swapped = await new SignJWT({
      iss: url,
      aud: url,
      sub: claims.userId,
      sid: claims.sessionId,
      role: 'admin',
      exp: seconds + 900,
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })
      .sign(secret)
    expect(await tokens.verify(swapped)).toBeNull()
  })

  it('S12: rejects a changed payload, a changed signature and malformed tokens', async () => {
    const tokens = tokensOf(key)
    const { token } = await tokens.sign(signedClaims)
    const [header, payload, signature] = token.split('.')
    const admin = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), role: 'admin' }),
    )
    expect(await tokens.verify(`${header}.${admin.toString('base64url')}.${signature}`)).toBeNull()
    expect(await tokens.verify(`${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`)).toBeNull()
    for (const text of ['', '.', '..', 'a.b.c', `${token}.`, '\0']) expect(await tokens.verify(text)).toBeNull()
  })

  it('S14: keys rotate with overlap: the first signs, all verify, and the JWK set has only public keys', async () => {
    const next = await newKey()
    const before = tokensOf(key)
    const { token: old } = await before.sign(signedClaims)
    const announced = tokensOf(key, next)
    const rotated = tokensOf(next, key)
    const { token: young } = await rotated.sign(signedClaims)
    for (const tokens of [announced, rotated]) {
      expect(await tokens.verify(old)).toEqual(claims)
      expect(await tokens.verify(young)).toEqual(claims)
    }
    expect(await tokensOf(next).verify(old)).toBeNull()
    const { keys } = rotated.publicKeys()
    expect(keys.map(({ kid }) => kid)).toEqual([next.kid, key.kid])
    expect(keys.every((jwk) => !('d' in jwk) && jwk.alg === 'ES256' && jwk.use === 'sig')).toBe(true)
  })
})
