import { randomUUID } from 'node:crypto'
import { generateKeyPair, jwtVerify, SignJWT } from 'jose'

const algorithms = ['ES256', 'EdDSA', 'RS256'] as const
const rounds = 2000
const warmUp = 200

/** Measures the cost of access tokens by algorithm: signing, verifying, and their length. */
for (const algorithm of algorithms) console.table([await measure(algorithm)])

async function measure(algorithm: (typeof algorithms)[number]) {
  const { privateKey, publicKey } = await generateKeyPair(algorithm)
  const sign = () =>
    new SignJWT({ sid: randomUUID(), role: 'user' })
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: 'k'.repeat(43) })
      .setSubject(randomUUID())
      .setIssuer('https://api.example.com')
      .setAudience('https://api.example.com')
      .setExpirationTime('15m')
      .sign(privateKey)
  const token = await sign()
  return {
    algorithm,
    'sign, µs': await microseconds(sign),
    'verify, µs': await microseconds(() => jwtVerify(token, publicKey, { algorithms: [algorithm], typ: 'at+jwt' })),
    characters: token.length,
  }
}

async function microseconds(work: () => Promise<unknown>): Promise<number> {
  for (let round = 0; round < warmUp; round += 1) await work()
  const start = performance.now()
  for (let round = 0; round < rounds; round += 1) await work()
  return Math.round(((performance.now() - start) / rounds) * 1000)
}
