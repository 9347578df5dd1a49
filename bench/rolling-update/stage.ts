import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { bind } from '../../server/commands/bind.js'
import { readGuideFile } from '../support/guide-files.js'
import { runHaproxy } from '../support/haproxy.js'
import { send } from '../support/http.js'
import { startMailServer } from '../support/mail-server.js'
import { createSignedInPeople } from '../support/people.js'
import { type Server, startServer } from '../support/server-process.js'
import { productionSettings, startDatabase } from '../support/settings.js'
import { openStage } from '../support/stage.js'
import { buildReleases, type Release } from './releases.js'

/** Several instances behind HAProxy, and the releases that they can run. */
export interface Stage {
  releases: readonly Release[]
  settings: Readonly<Record<string, string>>
  /** The URL of HAProxy. */
  url: string
  people: Awaited<ReturnType<typeof createSignedInPeople>>['people']
  /** Stops an instance as a deployment does, starts the release in its place, and waits until HAProxy uses it. */
  replace(instance: number, release: Release): Promise<void>
  /** What the servers logged as errors. */
  errors(): string[]
  close(): Promise<void>
}

const instances = 2
const peopleCount = 12
// HAProxy checks each second, and one success is enough.
const noticedMs = 2_500

/** Builds the releases, and starts the first one. What was started ends if a later step fails. */
export function openReleaseStage(): Promise<Stage> {
  return openStage(startAll)
}

async function startAll(onClose: (end: () => unknown) => void): Promise<Omit<Stage, 'close'>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rolling-update-'))
  onClose(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const releases = await buildReleases(folder)
  const [postgres, mail] = await Promise.all([startDatabase(), startMailServer()])
  onClose(mail.close)
  onClose(postgres.stop)
  const settings = { ...(await productionSettings(postgres.url)), SMTP_URL: mail.url }
  const { people } = await createSignedInPeople(settings, peopleCount)
  const ports = await Promise.all(Array.from({ length: instances }, () => bind('127.0.0.1', 0)))
  const servers: Server[] = []
  const errors: string[] = []
  const replace = async (instance: number, { main }: Release) => {
    const former = servers[instance]
    if (former) {
      const exit = await former.stop()
      errors.push(...former.faults(), ...(exit === 0 ? [] : [`exit ${exit}`]))
    }
    const server = await startServer({ ...settings, PORT: String(ports[instance]) }, [], main)
    servers[instance] = server
    while ((await send(server.url, { method: 'GET', path: '/readyz' })).status !== 200) await delay(100)
    await delay(noticedMs)
  }
  onClose(() => Promise.all(servers.map(({ kill }) => kill())))
  for (const index of ports.keys()) await replace(index, releases[0] as Release)
  const url = await startBalancer(path.join(folder, 'balancer'), ports, onClose)
  return {
    releases,
    settings,
    url,
    people,
    replace,
    errors: () => [...errors, ...servers.flatMap(({ faults }) => faults())],
  }
}

async function startBalancer(
  folder: string,
  ports: readonly (number | undefined)[],
  onClose: (end: () => unknown) => void,
): Promise<string> {
  await mkdir(folder)
  const port = await bind('127.0.0.1', 0)
  const servers = ports.map((own, index) => [`10.0.0.2${index + 1}:3000`, `127.0.0.1:${own}`])
  const replacements = { '10.0.0.9:8080': `127.0.0.1:${port}`, ...Object.fromEntries(servers) }
  const haproxy = await runHaproxy(folder, await readGuideFile('load-balancer/haproxy.cfg', replacements))
  onClose(haproxy.stop)
  await delay(noticedMs)
  return `http://127.0.0.1:${port}`
}
