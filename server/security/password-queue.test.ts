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
    expect(gates).toHaveLength(2)
    for (let done = 0; done < 8; done += 1) {
      gates[done]?.()
      await accepted[done]
    }
    expect(await Promise.all(accepted)).toHaveLength(8)
  })

  it('gives the place on when the work fails', async () => {
    const queue = createPasswordQueue({ concurrency: 1, waitingPerRunner: 1 })
    const failing = queue.run(() => Promise.reject(new Error('broken')))
    const next = queue.run(async () => 'done')
    await expect(failing).rejects.toThrow('broken')
    expect(await next).toBe('done')
  })
})
