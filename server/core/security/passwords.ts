import { createHmac, randomBytes } from 'node:crypto'
import bcrypt from 'bcrypt'
import type { Origin } from '../actor.js'
import { PasswordTooCommonError, ValidationError } from '../errors.js'
import { clientNetwork } from './client-address.js'
import { isCommonPassword, type PasswordOwner } from './password-blocklist.js'
import { createPasswordQueue, type PasswordQueue } from './password-queue.js'
import { compareInThread, hashInThread } from './password-threads.js'

/** The client network whose turn in the queue a hash uses. */
type Client = Pick<Origin, 'ip'>

export interface Passwords {
  /** @throws ServiceUnavailableError if too many hashes wait */
  hash(password: string, client: Client): Promise<string>
  /**
   * Compares. Without a hash, it does the same work and returns false, so that the time reveals nothing (S5).
   * @throws ServiceUnavailableError if too many hashes wait
   */
  verify(password: string, hash: string | null, client: Client): Promise<boolean>
  /**
   * Runs work that leads to a hash, or rejects it before it costs anything.
   * @throws ServiceUnavailableError if too many hashes wait
   */
  admit<T>(client: Client, work: () => Promise<T>): Promise<T>
  /**
   * Checks a new password: length in code points and blocklist, no composition rules.
   * @param path the key of the input, for the details of the error
   * @throws ValidationError if too short or too long, PasswordTooCommonError
   */
  assertAcceptable(password: string, owner: PasswordOwner, path?: string): void
  /** How many hashes run, and how many wait. */
  occupancy: PasswordQueue['occupancy']
}

interface PasswordsOptions {
  pepper: string
  /** In code points. */
  minLength: number
  /** The name of the application, which passwords must not consist of. */
  application: string
  queue?: PasswordQueue
}

const cost = 12
const maxLength = 256

/**
 * Hashes passwords as `bcrypt(base64(HMAC-SHA384(pepper, password)), 12)`. bcrypt always gets 64 characters without a
 * NUL, so it does not truncate any password. Passwords are first prepared as in RFC 8265 section 4.2.2 (OpaqueString):
 * every space becomes U+0020, then Unicode's form NFC, so that different keyboards produce the same password. Hashes
 * from before the mapping of spaces can still be verified.
 */
export function createPasswords({
  pepper,
  minLength,
  application,
  queue = createPasswordQueue(),
}: PasswordsOptions): Passwords {
  const dummyHash = makeDummyHash()
  const digest = (text: string) => createHmac('sha384', pepper).update(text).digest('base64')

  return {
    hash: (password, { ip }) => queue.run(clientNetwork(ip), () => hashInThread(digest(prepare(password)), cost)),

    async verify(password, hash, { ip }) {
      // A password without such spaces has only one form. Otherwise both are compared for every account, unless the
      // first one matches.
      for (const form of new Set([prepare(password), password.normalize('NFC')])) {
        const isEqual = await queue.run(clientNetwork(ip), () => compareInThread(digest(form), hash ?? dummyHash))
        if (hash !== null && isEqual) return true
      }
      return false
    },

    admit: ({ ip }, work) => queue.admit(clientNetwork(ip), work),
    occupancy: queue.occupancy,

    assertAcceptable(password, owner, path = 'password') {
      assertLength(password, minLength, path)
      if (isCommonPassword(prepare(password), owner, application)) throw new PasswordTooCommonError()
    },
  }
}

function prepare(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}

// A salt of the same cost with a random digest: comparing with it takes as long as any comparison.
function makeDummyHash(): string {
  return `${bcrypt.genSaltSync(cost)}${randomBytes(32).toString('hex').slice(0, 31)}`
}

function assertLength(password: string, minLength: number, path: string): void {
  const length = [...prepare(password)].length
  if (length < minLength) refuse({ path, code: 'too_small', message: `Use at least ${minLength} characters.` })
  if (length > maxLength) refuse({ path, code: 'too_big', message: `Use at most ${maxLength} characters.` })
}

function refuse(detail: { path: string; code: string; message: string }): never {
  throw new ValidationError({ details: [detail] })
}
