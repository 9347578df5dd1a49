import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig } from '../../server/config.js'
import { type Container, createContainer } from '../../server/container.js'
import type { Role } from '../../server/generated/enums.js'
import { send } from '../support/http.js'
import { type MailServer, startMailServer } from '../support/mail-server.js'
import type { Options } from '../support/options.js'
import { createUsers, signInAll } from '../support/people.js'
import { fillPosts } from '../support/posts.js'
import { createRandom } from '../support/random.js'
import { clientAddress, password, productionSettings, startDatabase } from '../support/settings.js'
import { startTarget, type Target } from './target.js'
import { docsPage } from './targets.js'
import { ownWords } from './texts.js'

/** What the attacks work on: a database with people and rows, a server, and credentials. */
export interface HostileStage {
  settings: Readonly<Record<string, string>>
  isQuick: boolean
  /** The server whose cost is measured, one request after the other. */
  target: Target
  /** Values that a schema cannot tell, by the names of fields: with them an input is looked at to its end. */
  known: Readonly<Record<string, unknown>>
  /** The largest file that the server gives to anybody. */
  largestFile: string
  /** A user who can log in, of many in turn. */
  nextStranger(): { accessToken: string }
  /** The address of somebody who can log in, of so many that nobody's turn comes often. */
  nextEmail(): string
  /** The access token of one of many admins in turn, whose words are those of the hostile passwords. */
  nextToken(): string
  /** An address that nobody has used before. */
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

// A long run takes more time than an access token has.
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

/** Asks for a reset link, and waits for the mail: nobody knows its token but the one who gets it. */
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
  const paths = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, path]) => path ?? [])
  const files = paths.map(async (path) => ({ path, size: (await send(url, { method: 'GET', path })).body.length }))
  const largest = (await Promise.all(files)).toSorted((a, b) => b.size - a.size)[0]
  if (!largest) throw new Error(`${docsPage} loads no file.`)
  return largest.path
}
