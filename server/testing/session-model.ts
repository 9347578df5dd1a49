/** The state of a session in the model. Times are in milliseconds. */
export interface ModelState {
  generation: number
  rotatedAt: number
  expiresAt: number
  absoluteExpiresAt: number
  isEnded: boolean
  isUserDisabled: boolean
}

/** An action of a client, the owner or an admin on a session. */
export type ModelAction =
  /** With the token of a generation; `beside` contains the generations of further cookies, and invalid ones. */
  | { kind: 'refresh'; client: number; generation: number; beside?: readonly (number | 'dead' | 'unknown')[] }
  /** With any mix of credentials of this session and others. */
  | {
      kind: 'logout'
      carriers: readonly { by: 'body' | 'cookie' | 'bearer'; generation: number | 'dead' | 'unknown' }[]
    }
  /** A login, of the same user or of another, with a cookie of this session. */
  | { kind: 'login'; generation: number; isOther: boolean }
  | { kind: 'revoke' }
  | { kind: 'reset' }
  | { kind: 'disable' }

/** The generation of the new token, or another result. */
export type ModelOutcome = number | 'refused' | 'done' | 'missing'

interface Step {
  state: ModelState
  outcome: ModelOutcome
}

const graceMs = 10_000
const idleMs = 7 * 24 * 3600 * 1000

/** docs/sessions.md as a function: the effect of an action on a session, and its result. */
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

// Older tokens of the same session come from a second cookie: the newest is used.
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

/** The actions of one client in order, with their results. */
type ModelChain = readonly { action: ModelAction; outcome: ModelOutcome }[]

interface Observed {
  chains: readonly ModelChain[]
  generation: number
  isEnded: boolean
  now: number
}

/**
 * The state of the model after concurrent chains of actions, if some sequential order explains the results; undefined
 * if none does.
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
