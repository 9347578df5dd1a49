import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../../server/config.js'
import { type Container, createContainer } from '../../server/container.js'
import type { Role } from '../../server/generated/enums.js'
import { ownWords } from '../../server/testing/inputs/texts.js'
import { createRandom } from '../../server/testing/random.js'
import { send } from '../support/http.js'
import { type MailServer, startMailServer } from '../support/mail-server.js'
import type { Options } from '../support/options.js'
import { createUsers, signInAll } from '../support/people.js'
import { fillPosts } from '../support/posts.js'
import { clientAddress, password, productionSettings, startDatabase } from '../support/settings.js'
import { startTarget, type Target } from './target.js'
import { docsPage } from './targets.js'

/** The environment of the attacks: a database with users and rows, a server, and credentials. */
export interface HostileStage {
  settings: Readonly<Record<string, string>>
  isQuick: boolean
  /** The server whose cost is measured, with one request at a time. */
  target: Target
  /** Values that a schema does not reveal, by the names of fields, which an input needs to be processed completely. */
  known: Readonly<Record<string, unknown>>
  /** The largest public file of the server. */
  largestFile: string
  /** A user who can log in; each call returns the next one. */
  nextStranger(): { accessToken: string }
  /** The address of a user who can log in; there are so many that each is rarely used. */
  nextEmail(): string
  /** The access token of the next admin, whose words are those of the hostile passwords. */
  nextToken(): string
  /** A new address. */
  nextAddress(): string
  close(): Promise<void>
}

export async function setStage(options: Options): Promise<HostileStage> {
  const [postgres, mail] = await Promise.all([startDatabase({ max_connections: '300' }), startMailServer()])
  const settings = { ...(await productionSettings(postgres.url)), SMTP_URL: mail.url }
  const client = await fillPosts(postgres.url, { users: 1_000, posts: options.isQuick ? 10_000 : 100_000 })
  await client.end()
  const { attackers, strangers, emails, victim, stop } = await createPeople(settings, options)
  const target = await startTarget(settings)
  const { url } = target.server()
  const nextAttacker = inTurn(attackers)
  let addresses = 0
  return {
    settings,
    isQuick: options.isQuick,
    target,
    known: { token: await resetToken(url, mail, victim), currentPassword: password },
    largestFile: await findLargestFile(url),
    nextToken: () => nextAttacker().accessToken,
    nextStranger: inTurn(strangers),
    nextEmail: inTurn(emails),
    nextAddress: () => clientAddress(addresses++),
    async close() {
      stop()
      mail.close()
      await target.stop()
      await postgres.stop()
    },
  }
}

async function createPeople(settings: Readonly<Record<string, string>>, { seed, isQuick }: Options) {
  const container = createContainer(loadConfig({ ...settings, LOG_LEVEL: 'silent' }))
  const { email, displayName: name } = ownWords(createRandom(seed))
  const describe = (index: number) => ({ email: `n${index}.${email}`, name, role: 'admin' as const })
  try {
    const attackers = await signInAll(container, await createUsers(container, isQuick ? 40 : 200, describe))
    const users = await createUsers(container, 2_000)
    const strangers = await signInAll(container, users.slice(0, isQuick ? 30 : 100))
    const stop = keepSigned(container, [...attackers, ...strangers])
    return { attackers, strangers, emails: users.map((user) => user.email), victim: `n0.${email}`, stop }
  } finally {
    await container.close()
  }
}

function inTurn<Item>(items: readonly Item[]): () => Item {
  let turn = 0
  return () => {
    const item = items[turn++ % items.length]
    if (item === undefined) throw new Error('There is nobody.')
    return item
  }
}

interface SignedIn {
  accessToken: string
  sessionId: string
  user: { id: string; role: Role }
}

// A long run takes longer than an access token is valid.
function keepSigned({ accessTokens }: Pick<Container, 'accessTokens'>, people: readonly SignedIn[]): () => void {
  const sign = async () => {
    for (const person of people) {
      const { user, sessionId } = person
      person.accessToken = (await accessTokens.sign({ userId: user.id, role: user.role, sessionId })).token
    }
  }
  const timer = setInterval(() => void sign(), 8 * 60_000)
  return () => clearInterval(timer)
}

/** Requests a reset link, and waits for the mail, which is the only way to get its token. */
async function resetToken(url: string, { mails }: MailServer, email: string): Promise<string> {
  const body = JSON.stringify({ email })
  await send(url, { method: 'POST', path: '/api/auth/password-reset', body })
  for (let tries = 0; tries < 300; tries += 1) {
    const token = /token=([\w-]+)/.exec(mails.join('\n'))?.[1]
    if (token) return token
    await delay(100)
  }
  throw new Error('No mail came for a password reset.')
}

/** Finds the largest file that the documentation page loads. */
async function findLargestFile(url: string): Promise<string> {
  const page = await send(url, { method: 'GET', path: docsPage })
  const links = page.body.matchAll(/(?:src|href)="([^":]+)"/g)
  const paths = [...links].map(([, link = '']) => new URL(link, url + docsPage).pathname)
  const files = paths.map(async (path) => ({ path, size: (await send(url, { method: 'GET', path })).body.length }))
  const largest = (await Promise.all(files)).toSorted((a, b) => b.size - a.size)[0]
  if (!largest) throw new Error(`${docsPage} loads no file.`)
  return largest.path
}
