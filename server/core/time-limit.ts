/**
 * Waits for work for at most `ms` milliseconds. Work that takes longer continues, and its result is discarded.
 *
 * @param late creates the error for that case
 */
export async function withinTime<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    // After a pause of this process, the result may have arrived. It is read before the immediate runs.
    timer = setTimeout(() => setImmediate(() => reject(late())), ms)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
