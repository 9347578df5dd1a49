import { ServiceUnavailableError } from '../errors.js'
import { clientNetwork } from '../security/client-address.js'
import { createTally } from '../tally.js'

export interface CallLimit {
  /**
   * Runs calls of a client unless too many of its network are under way.
   *
   * @param ip the address of the client; see {@link clientNetwork}
   * @param count the number of calls
   * @throws ServiceUnavailableError, and all errors of the work
   */
  run<T>(ip: string | undefined, count: number, work: () => Promise<T>): Promise<T>
}

/**
 * Limits how many calls of one network are under way. More could only wait for a connection to the database until their
 * time is over, and rejecting them there costs almost as much as answering them, at the expense of all others.
 *
 * @param max the number of calls of one network, over both transports
 */
export function createCallLimit(max: number): CallLimit {
  const underWay = createTally()
  return {
    async run(ip, count, work) {
      const network = clientNetwork(ip)
      const before = underWay.of(network)
      // A batch is admitted whole if its network has room at all.
      if (before > 0 && before + count > max) {
        throw new ServiceUnavailableError({
          retryAfterSeconds: 1,
          message: 'Too many calls of this address are under way.',
        })
      }
      underWay.add(network, count)
      try {
        return await work()
      } finally {
        underWay.add(network, -count)
      }
    },
  }
}
