import type { LimitRule } from '../core/security/rate-limits.js'
import type { AuditActions, CallRows } from './stage.js'

/** The points of declared limits, by name. */
export type LimitTable = Readonly<Record<string, Pick<LimitRule, 'by' | 'points' | 'windowSeconds'>>>

interface TestSupport {
  calls?: CallRows
  auditActions?: AuditActions
  limits?: LimitTable
}

declare global {
  interface ImportMeta {
    /** Imports every file that matches; Vite resolves it. */
    glob<Module>(pattern: string, options: { eager: true }): Record<string, Module>
  }
}

/**
 * What each feature exports from its `.test-support.ts`, for the tests of all procedures: a row for each procedure, the
 * action that causes each of its audit events, and the points of its limits.
 */
export const testSupport: readonly TestSupport[] = Object.values(
  import.meta.glob<TestSupport>('../features/*/*.test-support.ts', { eager: true }),
)
