import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.js'
import { createPasswordQueue } from './password-queue.js'

function blocked() {
  const gates: (() => void)[] = []
  const work = () => new Promise<number>((resolve) => gates.push(() => resolve(gates.length)))
  return { gates, work }
}

describe('the queue of password hashes', () => {
  it('S44: runs so many at once, lets so many wait, and refuses the rest at once', async () => {
    const queue = createPasswordQueue({ concurrency: 2, waitingPerRunner: 3 })
    const { gates, work } = blocked()
    const accepted = Array.from({ length: 8 }, () => queue.run(work))
    const refusal = await queue.run(work).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AppError)
    expect(refusal).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 })
    await expect(queue.admit(async () => 'done')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(gates).toHaveLength(2)
    for (let done = 0; done < 8; done += 1) {
      gates[done]?.()
      await accepted[done]
    }
    expect(await Promise.all(accepted)).toHaveLength(8)
    expect(await queue.admit(async () => 'done')).toBe('done')
  })

  it('S44: admits no more than 64 that have not come to their hash', async () => {
    const queue = createPasswordQueue()
    const { gates, work } = blocked()
    const admitted = Array.from({ length: 64 }, () => queue.admit(work))
    await expect(queue.admit(work)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 })
    expect(gates).toHaveLength(64)
    for (const open of gates) open()
    await Promise.all(admitted)
    expect(await queue.admit(async () => 'done')).toBe('done')
  })

  it('gives the place on when the work fails', async () => {
    const queue = createPasswordQueue({ concurrency: 1, waitingPerRunner: 1 })
    const failing = queue.run(() => Promise.reject(new Error('broken')))
    const next = queue.run(async () => 'done')
    await expect(failing).rejects.toThrow('broken')
    expect(await next).toBe('done')
  })
})
