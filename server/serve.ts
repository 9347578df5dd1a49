import type { FastifyInstance } from 'fastify'
import { type Config, ConfigError, loadConfig } from './config.js'
import { type Container, createContainer, type Surroundings } from './container.js'
import { stopOnRequest } from './core/shutdown.js'

// The number of connections that may wait to be accepted. The kernel drops further ones, whichever client they belong
// to.
const backlog = 4_096

interface Served {
  build(container: Container): Promise<FastifyInstance>
  /** Options for the container besides the settings. */
  surroundings?(config: Config): Surroundings
}

/** Runs the server of this process until it is stopped. If it cannot start, it prints the reason and exits with 1. */
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
    // A shutdown during the start makes the rest of the start fail, and continues.
    if (!container.readiness.isDraining()) throw error
  }
}
