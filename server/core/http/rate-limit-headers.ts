import type { AppError } from '../errors.js'
import type { LimitReport, LimitRule } from '../security/rate-limits.js'

/**
 * Writes the charged limits as `RateLimit-Policy` and `RateLimit`, each a structured-field list with one item per
 * limit (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4). Quotas are calls, windows and resets seconds.
 */
export function rateLimitHeaders(reports: readonly LimitReport[], rules: readonly LimitRule[]): Record<string, string> {
  if (reports.length === 0) return {}
  return {
    'ratelimit-policy': reports.map((report) => describePolicy(report, rules)).join(', '),
    ratelimit: reports.map(describeState).join(', '),
  }
}

/**
 * The `Retry-After` header of a response with these errors: the longest wait of the errors after which a retry may
 * succeed, in seconds (RFC 9110 section 10.2.3). Empty if there is none.
 */
export function retryAfterHeaders(errors: readonly AppError[]): Record<string, string> {
  const waits = errors.filter(isTemporary).map(({ retryAfterSeconds }) => retryAfterSeconds ?? 1)
  return waits.length > 0 ? { 'retry-after': String(Math.max(1, Math.ceil(Math.max(...waits)))) } : {}
}

function isTemporary({ status, retryAfterSeconds }: AppError): boolean {
  return retryAfterSeconds !== undefined || status === 429 || status === 503
}

function describePolicy({ name, limit }: LimitReport, rules: readonly LimitRule[]): string {
  const rule = rules.find((candidate) => candidate.name === name)
  return `"${name}";q=${limit}${rule ? `;w=${rule.windowSeconds}` : ''}`
}

function describeState({ name, remaining, resetSeconds }: LimitReport): string {
  return `"${name}";r=${Math.max(0, remaining)};t=${Math.max(0, Math.ceil(resetSeconds))}`
}
