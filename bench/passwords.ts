import { createHmac } from 'node:crypto'
import bcrypt from 'bcrypt'
import { isCommonPassword } from '../server/core/security/password-blocklist.js'
import { createPasswords } from '../server/core/security/passwords.js'
import { report } from './support/report.js'
import { password, pepper } from './support/settings.js'
import { medians, millisecondsOf, rounded } from './support/timing.js'

/** Measures the cost of hashing and checking a password. */
const owner = { email: 'ada.okafor@example.com', name: 'Ada Okafor' }
const client = { ip: '127.0.0.1' }
const passwords = createPasswords({ pepper, minLength: 15, application: 'app' })
const hash = await passwords.hash(password, client)
const listMs = await millisecondsOf(() => isCommonPassword(password, owner, 'app'))

const bcryptMs = await medians(
  {
    'bcrypt alone, cost 12': () => bcrypt.hash(password, 12),
    'bcrypt alone, cost 10': () => bcrypt.hash(password, 10),
    'hash, with HMAC': () => passwords.hash(password, client),
    'verify, right': () => passwords.verify(password, hash, client),
    'verify, no account': () => passwords.verify(password, null, client),
  },
  { rounds: 9, warmUp: 1 },
)
const judgeMs = await medians(
  {
    'HMAC-SHA384': () => createHmac('sha384', pepper).update(password).digest('base64'),
    'blocklist, a good password': () => isCommonPassword(password, owner, 'app'),
    'blocklist, 256 letters': () => isCommonPassword('abc-defg'.repeat(32), owner, 'app'),
  },
  { rounds: 300 },
)

const base = bcryptMs['bcrypt alone, cost 12']
report('Passwords, median', [
  ...Object.entries({ ...bcryptMs, ...judgeMs }).map(([what, ms]) => {
    return { what, ms: rounded(ms, 3), 'to bcrypt at 12': rounded(ms / base, 4) }
  }),
  { what: 'blocklist, first use (the list is read)', ms: rounded(listMs, 3) },
])
