import { randomUUID } from 'node:crypto'
import type { Passwords } from '../core/security/passwords.js'
import { codeOf } from '../core/unknown-values.js'
import { createAuthService } from '../features/auth/service.js'
import type { TestApp } from './test-app.js'

/** The origin of calls to services in tests. */
export const testOrigin = { requestId: 'test-request', ip: '127.0.0.1', userAgent: 'test' }

export const freshAddress = () => `someone-${randomUUID()}@example.com`

/** Sends the mails in the outbox, and returns those to this address, oldest first. */
export async function mailsTo({ container, mailer }: TestApp, address: string) {
  await container.jobs.drain()
  return mailer.mails.filter((mail) => mail.to === address)
}

/** The token in the newest link that was sent to an address. */
export async function newestToken(t: TestApp, address: string): Promise<string> {
  const mails = await mailsTo(t, address)
  return t.mailer.linkTokenOf(mails.findLast(({ text }) => text.includes('token=')))
}

/** Logs in with a password. */
export function logIn(t: TestApp, email: string, password: string) {
  return t.container.services.auth.login(testOrigin, { email, password, delivery: 'body' })
}

/** Passwords without bcrypt: all are acceptable, and none is correct. */
export const instantPasswords: Passwords = {
  hash: async () => 'an instant hash',
  verify: async () => false,
  admit: (_client, work) => work(),
  assertAcceptable() {},
  occupancy: () => ({ running: 0, waiting: 0 }),
}

/** The auth service with other passwords, and without the login throttle. */
export function authWith({ container, config }: TestApp, passwords: Passwords) {
  const { db, clock, log, limits, services } = container
  const throttle = {
    attempt: async () => {},
    succeeded: async () => {},
    clear: async () => {},
    bucketOf: async (email: string) => email,
  }
  const { sessions, audit } = services
  const { tokenSecret } = config.identity
  return createAuthService({ db, clock, log, passwords, sessions, audit, throttle, limits, tokenSecret })
}

/** The error code of a service call, or `OK`. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'OK',
    (error: unknown) => {
      if (codeOf(error) === '') throw error
      return codeOf(error)
    },
  )
}
