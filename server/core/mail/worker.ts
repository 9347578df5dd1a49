import { createDelivery, type DeliveryOptions } from './delivery.js'
import { type Listener, listen } from './listener.js'
import { mailChannel } from './outbox.js'

interface MailWorkerOptions extends DeliveryOptions {
  databaseUrl: string
}

const pollMs = 5_000
const lanes = 3

/**
 * Sends the mails of the outbox. Any number of workers may run. The database notifies them, and they also poll every
 * five seconds.
 */
export function createMailWorker(options: MailWorkerOptions) {
  const { databaseUrl, log, mailer } = options
  const deliverNext = createDelivery(options)
  const stopping = new AbortController()
  let listener: Listener | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped: Promise<void> | undefined

  /** Delivers until no mail is due, and returns the number of mails that it tried to send. */
  async function drain(): Promise<number> {
    let count = 0
    while (!stopping.signal.aborted && (await deliverNext())) count++
    return count
  }

  async function finish(): Promise<void> {
    stopping.abort()
    clearInterval(timer)
    await listener?.close()
    await runner.idle()
    mailer.close()
  }

  const lane = () => drain().catch((err: unknown) => log.warn({ err }, 'the mail worker failed and will retry'))
  const runner = createRunner(() => Promise.all(Array.from({ length: lanes }, lane)))
  return {
    drain,
    start(): void {
      listener = listen({ databaseUrl, channel: mailChannel, onNotify: runner.wake, log })
      timer = setInterval(runner.wake, pollMs)
      runner.wake()
    },
    /** Waits for the current mails; the others remain for the next start. Further calls return the same promise. */
    stop: () => (stopped ??= finish()),
  }
}

/** Runs work one round at a time; a wake-up during a round starts another one after it. */
function createRunner(work: () => Promise<unknown>) {
  let round: Promise<unknown> | undefined
  let isWoken = false
  async function run(): Promise<void> {
    while (isWoken) {
      isWoken = false
      await work()
    }
    round = undefined
  }
  return {
    wake: (): void => {
      isWoken = true
      round ??= run()
    },
    idle: () => round ?? Promise.resolve(),
  }
}
