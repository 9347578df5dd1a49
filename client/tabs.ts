/** Tells the other tabs who has logged in: the id of a user, or null for a session that has ended. */
export type TellTabs = (userId: string | null) => void

/**
 * Connects the pages of one origin. What one tells, the others hear at once. It carries no token. Where there are no
 * channels, the pages notice a change with their next call.
 */
export function connectTabs(name: string, hear: TellTabs): TellTabs {
  if (typeof BroadcastChannel === 'undefined') return () => {}
  const channel = new BroadcastChannel(name)
  channel.addEventListener('message', (message) => {
    const told: unknown = 'data' in message ? message.data : undefined
    if (told === null || typeof told === 'string') hear(told)
  })
  // In Node.js it would keep the process running.
  if ('unref' in channel && typeof channel.unref === 'function') channel.unref()
  return (userId) => channel.postMessage(userId)
}
