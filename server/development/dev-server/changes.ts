const quietMs = 100

/** Collects changed files; `next` returns them after a short time without changes, or none when a stop is requested. */
export function createChangeQueue(stop: AbortSignal) {
  const changed = new Set<string>()
  let isDue = false
  let timer: NodeJS.Timeout | undefined
  let wake: (() => void) | undefined
  const deliver = () => {
    isDue = true
    wake?.()
  }
  stop.addEventListener('abort', deliver)

  return {
    push(file: string): void {
      changed.add(file)
      isDue = stop.aborted
      clearTimeout(timer)
      timer = setTimeout(deliver, quietMs)
    },
    async next(): Promise<readonly string[]> {
      if (!isDue) await new Promise<void>((resolve) => (wake = resolve))
      isDue = stop.aborted
      const files = [...changed]
      changed.clear()
      return files
    },
  }
}
