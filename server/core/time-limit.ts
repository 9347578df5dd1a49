/**
 * Waits for work for at most `ms` milliseconds. Work that takes longer continues, and its result is discarded.
 *
 * @param late creates the error for that case
 */
export function withinTime<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    // After a pause of this process, the result may have arrived. It is read before the immediate runs.
    const timer = setTimeout(() => setImmediate(() => reject(late())), ms)
    work.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
