/**
 * Starts what a benchmark needs. If a later step fails, what was started before ends.
 *
 * @param start calls `onClose` with what ends each part, in the order in which they were started
 * @returns what was started, and `close`, which ends the parts in reverse order
 */
export async function openStage<Started extends object>(
  start: (onClose: (end: () => unknown) => void) => Promise<Started>,
): Promise<Started & { close(): Promise<void> }> {
  const closing: (() => unknown)[] = []
  const close = async () => {
    for (const end of closing.toReversed()) await end()
  }
  try {
    return { ...(await start((end) => void closing.push(end))), close }
  } catch (error) {
    await close()
    throw error
  }
}
