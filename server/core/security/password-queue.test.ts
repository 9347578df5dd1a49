import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.js'
import { createPasswordQueue, type PasswordQueue } from './password-queue.js'

function blocked() {
  const gates: (() => void)[] = []
  const work = () => new Promise<number>((resolve) => gates.push(() => resolve(gates.length)))
  return { gates, work }
}

describe('the queue of password hashes', () => {
  it('S44: runs a fixed number at once, lets a fixed number wait, and rejects the others immediately', async () => {
    const queue = createPasswordQueue({ concurrency: 2, waitingPerRunner: 3 })
    const { gates, work } = blocked()
    const accepted = Array.from({ length: 8 }, () => queue.run('one', work))
    const refusal = await queue.run('one', work).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AppError)
    expect(refusal).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 })
    await expect(queue.admit('one', async () => 'done')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(gates).toHaveLength(2)
    for (let done = 0; done < 8; done += 1) {
      gates[done]?.()
      await accepted[done]
    }
    expect(await Promise.all(accepted)).toHaveLength(8)
    expect(await queue.admit('one', async () => 'done')).toBe('done')
  })

  it('S44: admits at most 64 requests that have not reached their hash', async () => {
    const queue = createPasswordQueue()
    const { gates, work } = blocked()
    const admitted = Array.from({ length: 64 }, (_, index) => queue.admit(`network ${index}`, work))
    await expect(queue.admit('one', work)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 })
    expect(gates).toHaveLength(64)
    for (const open of gates) open()
    await Promise.all(admitted)
    expect(await queue.admit('one', async () => 'done')).toBe('done')
  })

  it('frees the place if the work fails', async () => {
    const queue = createPasswordQueue({ concurrency: 1, waitingPerRunner: 1 })
    const failing = queue.run('one', () => Promise.reject(new Error('broken')))
    const next = queue.run('one', async () => 'done')
    await expect(failing).rejects.toThrow('broken')
    expect(await next).toBe('done')
  })

  it('S58: takes turns: a new network waits for one request of each other network, not for all requests of one', async () => {
    const queue = createPasswordQueue({ concurrency: 1, waitingPerRunner: 10 })
    const { finished, all } = runAll(queue, [...Array<string>(6).fill('flood'), 'second', 'third', 'second'])
    await all
    expect(finished).toEqual(['flood', 'second', 'flood', 'third', 'second', 'flood', 'flood', 'flood', 'flood'])
  })

  it('S58: a network with fewer places in a full queue replaces the newest request of the network with the most', async () => {
    const queue = createPasswordQueue({ concurrency: 1, waitingPerRunner: 4 })
    const newcomers = ['a', 'b', 'c']
    const { finished, refused, all } = runAll(queue, [...Array<string>(9).fill('flood'), ...newcomers, 'd', 'a'])
    await all
    expect(refused.toSorted()).toEqual(['a', 'd', ...Array<string>(7).fill('flood')])
    expect(finished).toEqual(['flood', 'a', 'flood', 'b', 'c'])
  })

  it('S58: rejects the network with the most waiting requests before its work starts, and admits others', async () => {
    const queue = createPasswordQueue({ concurrency: 1, waitingPerRunner: 4 })
    const { finished, all } = runAll(queue, Array<string>(5).fill('flood'))
    await expect(queue.admit('flood', async () => 'done')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(await queue.admit('other', async () => 'done')).toBe('done')
    await all
    expect(finished).toHaveLength(5)
    expect(await queue.admit('flood', async () => 'done')).toBe('done')
  })

  it('S58: admits a single network to 52 of 64 places, two networks to fewer each, and keeps places for others', async () => {
    const queue = createPasswordQueue()
    const { gates, work } = blocked()
    const admit = (network: string, times: number) =>
      Promise.allSettled(Array.from({ length: times }, () => queue.admit(network, work)))
    const admitted = [admit('flood', 80)]
    expect(gates).toHaveLength(52)
    admitted.push(admit('second flood', 80))
    expect(gates.length).toBeLessThan(63)
    admitted.push(admit('other', 1), admit('another', 1))
    const all = gates.length
    for (const open of gates) open()
    const outcomes = (await Promise.all(admitted)).flat()
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(all)
    expect(outcomes.slice(-2).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    const again = Array.from({ length: 52 }, () => queue.admit('flood', async () => 'done'))
    expect(await Promise.all(again), 'the places are free again').toHaveLength(52)
  })
})

/** Requests a place for each network in order. Returns which requests ran and which were rejected, in order. */
function runAll(queue: PasswordQueue, networks: readonly string[]) {
  const finished: string[] = []
  const refused: string[] = []
  const runs = networks.map((network) =>
    queue
      .run(network, () => new Promise<void>((resolve) => setTimeout(resolve, 1)))
      .then(
        () => finished.push(network),
        () => refused.push(network),
      ),
  )
  return { finished, refused, all: Promise.all(runs) }
}
