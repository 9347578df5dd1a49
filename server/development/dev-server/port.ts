import { bind } from '../../commands/bind.js'
import type { CommandConfig } from '../../config.js'
import { RemedyError } from '../../core/remedy-error.js'

const tries = 100

/**
 * Returns the given port, or the first free one starting with the default, with a warning.
 *
 * @throws RemedyError if the given port is taken
 */
export async function choosePort({ host, port, isPortGiven }: CommandConfig['listen']): Promise<number> {
  const free = await findFreePort(host, port)
  if (port === 0 || free === port) return free
  if (isPortGiven)
    throw new RemedyError(`Port ${port} (PORT) is in use. Set PORT to a free port, such as ${free}, or unset it.`)
  console.warn(`Port ${port} is in use. This server uses port ${free} instead.`)
  return free
}

async function findFreePort(host: string, first: number): Promise<number> {
  for (let port = first; port < first + tries && port < 65_536; port += 1) {
    const bound = await bind(host, port)
    if (bound) return bound
  }
  throw new RemedyError(
    `No port from ${first} upwards is available on ${host}. Set HOST and PORT to an address of this machine.`,
  )
}
