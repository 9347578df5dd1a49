/** What the model knows of a session. Times are in milliseconds. */
export interface ModelState {
  generation: number
  rotatedAt: number
  expiresAt: number
  absoluteExpiresAt: number
  isEnded: boolean
  isUserDisabled: boolean
}

/** Something that a client, the owner or an admin does to a session. */
export type ModelAction =
  /** With the token of a generation; `beside` are the generations of further cookies, and those of no use. */
  | { kind: 'refresh'; client: number; generation: number; beside?: readonly (number | 'dead' | 'unknown')[] }
  /** With any mix of credentials of this session, and of others. */
  | {
      kind: 'logout'
      carriers: readonly { by: 'body' | 'cookie' | 'bearer'; generation: number | 'dead' | 'unknown' }[]
    }
  /** A login, of the same user or of another, that comes with a cookie of this session. */
  | { kind: 'login'; generation: number; isOther: boolean }
  | { kind: 'revoke' }
  | { kind: 'reset' }
  | { kind: 'disable' }

/** The generation of the token that a refresh gave, or a word. */
export type ModelOutcome = number | 'refused' | 'done' | 'missing'

interface Step {
  state: ModelState
  outcome: ModelOutcome
}

const graceMs = 10_000
const idleMs = 7 * 24 * 3600 * 1000

/** docs/sessions.md as a function: what an action does to a session, and how it is answered. */
function applyToModel(state: ModelState, action: ModelAction, now: number): Step {
  if (action.kind === 'refresh') return refresh(state, newestOf(action), now)
  if (action.kind === 'logout' && !namesSession(action)) return { state, outcome: 'done' }
  if (action.kind === 'revoke') {
    return isLiving(state, now) ? { state: end(state), outcome: 'done' } : { state, outcome: 'missing' }
  }
  const isUserDisabled = state.isUserDisabled || action.kind === 'disable'
  return { state: { ...end(state), isUserDisabled }, outcome: 'done' }
}

type Refresh = Extract<ModelAction, { kind: 'refresh' }>
type Logout = Extract<ModelAction, { kind: 'logout' }>

// Older tokens of the same session are what a second cookie has kept: the newest counts.
function newestOf({ generation, beside = [] }: Refresh): number {
  return Math.max(generation, ...beside.filter((other) => typeof other === 'number'))
}

function namesSession({ carriers }: Logout): boolean {
  return carriers.some(({ by, generation }) => by === 'bearer' || typeof generation === 'number')
}

function refresh(state: ModelState, presented: number, now: number): Step {
  const { generation, rotatedAt, absoluteExpiresAt } = state
  if (!isLiving(state, now)) return { state, outcome: 'refused' }
  if (presented === generation) {
    const expiresAt = Math.min(now + idleMs, absoluteExpiresAt)
    const rotated = { ...state, generation: generation + 1, rotatedAt: now, expiresAt }
    return { state: rotated, outcome: generation + 1 }
  }
  if (presented === generation - 1 && now - rotatedAt <= graceMs) return { state, outcome: generation }
  return { state: end(state), outcome: 'refused' }
}

function isLiving({ isEnded, expiresAt }: ModelState, now: number): boolean {
  return !isEnded && expiresAt > now
}

function end(state: ModelState): ModelState {
  return { ...state, isEnded: true }
}

/** What one client did, in its order, and how each was answered. */
type ModelChain = readonly { action: ModelAction; outcome: ModelOutcome }[]

interface Observed {
  chains: readonly ModelChain[]
  generation: number
  isEnded: boolean
  now: number
}

/**
 * The model's state after chains of actions that ran at once, if they were answered as in some order one after the
 * other; undefined if no order explains what was observed.
 */
export function explain(state: ModelState, observed: Observed): ModelState | undefined {
  const { chains, generation, isEnded, now } = observed
  if (chains.every(({ length }) => length === 0)) {
    return state.generation === generation && state.isEnded === isEnded ? state : undefined
  }
  for (const [index, [head, ...tail]] of chains.entries()) {
    const step = head && applyToModel(state, head.action, now)
    if (!step || step.outcome !== head.outcome) continue
    const explained = explain(step.state, { ...observed, chains: chains.with(index, tail) })
    if (explained) return explained
  }
  return undefined
}
