import type { FastifyInstance } from 'fastify'
import { type Config, ConfigError, loadConfig } from './config.js'
import { type Container, createContainer, type Surroundings } from './container.js'
import { stopOnRequest } from './core/shutdown.js'

// Connections that may wait to be taken; beyond them the kernel drops those that come, whoever they come from.
const backlog = 4_096

interface Served {
  build(container: Container): Promise<FastifyInstance>
  /** What the process gives its container beside the settings. */
  surroundings?(config: Config): Surroundings
}

/** Runs the server of this process until it is asked to stop. It ends with 1, and says why, if it cannot start. */
export async function serve(served: Served): Promise<void> {
  try {
    await start(served)
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error)
    process.exit(1)
  }
}

async function start({ build, surroundings }: Served): Promise<void> {
  const config = loadConfig()
  const container = createContainer(config, surroundings?.(config))
  const app = await build(container)
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
