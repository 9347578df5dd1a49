import { Worker } from 'node:worker_threads'
import bcrypt from 'bcrypt'
import { describe, expect, it, vi } from 'vitest'
import { compareInThread, hashInThread } from './password-threads.js'

const cost = 4

describe('hashing in threads', () => {
  it('creates hashes with bcrypt, and compares them', async () => {
    const hash = await hashInThread('a password', cost)
    expect(hash).toMatch(/^\$2b\$04\$/)
    expect(await bcrypt.compare('a password', hash)).toBe(true)
    expect(await compareInThread('a password', await bcrypt.hash('a password', cost))).toBe(true)
    expect(await compareInThread('another', hash)).toBe(false)
    expect(await compareInThread('a password', hash.slice(0, -1))).toBe(false)
  })

  it('separates concurrent calls', async () => {
    const passwords = Array.from({ length: 40 }, (_, index) => `password ${index}`)
    const hashes = await Promise.all(passwords.map((password) => hashInThread(password, cost)))
    expect(new Set(hashes).size).toBe(40)
    const answers = await Promise.all(hashes.map((hash, index) => compareInThread(passwords[index] ?? '', hash)))
    expect(answers.every(Boolean)).toBe(true)
  })

  it('reports errors of bcrypt, and continues', async () => {
    await expect(compareInThread('a password', 'no hash at all')).rejects.toThrow()
    expect(await hashInThread('a password', cost)).toMatch(/^\$2b\$/)
  })

  it('rejects the calls of a thread that ended, and continues in a new one', async () => {
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
      void this.terminate()
    })
    await expect(hashInThread('a password', cost)).rejects.toThrow('has exited')
    post.mockRestore()
    expect(await hashInThread('a password', cost)).toMatch(/^\$2b\$/)
  })

  it('rejects the work of a thread that fails, and does not end the process', async () => {
    const failure = new Error('planted: out of memory')
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
      setImmediate(() => this.emit('error', failure))
    })
    await expect(hashInThread('a password', cost)).rejects.toBe(failure)
    post.mockRestore()
    expect(await hashInThread('a password', cost)).toMatch(/^\$2b\$/)
  })

  it('uses a new salt for each hash', async () => {
    expect(await hashInThread('same', cost)).not.toBe(await hashInThread('same', cost))
  })
})
