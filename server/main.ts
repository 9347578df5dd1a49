import { buildApp } from './app.js'
import { ConfigError, loadConfig } from './config.js'
import { createContainer } from './container.js'
import { stopOnRequest } from './shutdown.js'

// Connections that may wait to be taken; beyond them the kernel drops those that come, whoever they come from.
const backlog = 4_096

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
  stopOnRequest(app, container)
  try {
    await container.start()
    const url = await app.listen({ host: config.listen.host, port: config.listen.port, backlog })
    process.send?.({ type: 'ready', url })
  } catch (error) {
    // What has been closed in the middle of the start fails to open; the stop goes on.
    if (!container.readiness.isDraining()) throw error
  }
}
