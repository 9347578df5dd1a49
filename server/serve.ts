import type { FastifyInstance } from 'fastify'
import { type Config, ConfigError, loadConfig } from './config.js'
import { type Container, createContainer, type Surroundings } from './container.js'
import { stopOnRequest } from './core/shutdown.js'
import { codeOf } from './core/unknown-values.js'

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
    console.error(describeFailure(error))
    process.exit(1)
  }
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program uses this port. Stop it, or set PORT to another one.',
  EACCES: 'This user may not use this port. Set PORT to one above 1023.',
  EADDRNOTAVAIL: 'This machine does not have this address. Correct HOST.',
  ENOTFOUND: 'This machine does not know this name. Correct HOST.',
}

function describeFailure(error: unknown): unknown {
  if (error instanceof ConfigError) return error.message
  const remedy = remedies[codeOf(error)]
  return error instanceof Error && remedy !== undefined
    ? `The server cannot listen: ${error.message}.\n${remedy}`
    : error
}

async function start({ build, surroundings }: Served): Promise<void> {
  const config = loadConfig()
  const container = createContainer(config, surroundings?.(config))
  // The database opens connections while the application is built.
  const starting = container.start()
  starting.catch(() => {})
  const app = await build(container)
  stopOnRequest(app, container)
  try {
    await starting
    const url = await app.listen({ host: config.listen.host, port: config.listen.port, backlog })
    process.send?.({ type: 'ready', url })
  } catch (error) {
    // A shutdown during the start makes the rest of the start fail, and continues.
    if (!container.readiness.isDraining()) throw error
  }
}
