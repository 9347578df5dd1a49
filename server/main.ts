import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from './app.js'
import { ConfigError, loadConfig } from './config.js'
import { createContainer } from './container.js'

const drainMs = 25_000
// Load balancers go on sending requests here until they have heard that this instance is not ready.
const noticeMs = 4_000

try {
  await start()
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
}

async function start(): Promise<void> {
  const config = loadConfig()
  const container = createContainer(config)
  const app = await buildApp(container)
  let isStopping = false
  const stop = async (reason: string) => {
    if (isStopping) return
    isStopping = true
    container.log.info({ reason }, 'stopping')
    setTimeout(() => process.exit(1), drainMs).unref()
    container.readiness.startDraining()
    if (reason === 'SIGTERM' && config.isProduction) await sleep(noticeMs)
    await app.close()
    await container.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
  // The development supervisor holds the channel: if it is gone, nothing is left to serve.
  process.on('disconnect', () => void stop('the supervisor is gone'))
  await container.start()
  const url = await app.listen({ host: config.listen.host, port: config.listen.port })
  process.send?.({ type: 'ready', url })
}
