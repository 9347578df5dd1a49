import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createContainer } from '../container.js'
import type { ReportedError } from '../core/logger.js'
import { countRateLimited } from '../core/metrics.js'
import { startTestApp } from './test-app.js'

const docs = path.join(import.meta.dirname, '../../docs')
const t = await startTestApp()
// Each name of a metric has an underscore, and functions of PromQL that have one are followed by a parenthesis.
const metricName =
  /\b(?:procedure|http|database|password|rate_limit|refresh|app|nodejs|process|jobs)_?[a-z_\d]*\b(?=[{[\s)`*]|$)/gm
const expressions = /"expr": "(.*)"|expr: (?:\|\n)?([\s\S]*?)\n {8}(?:for|labels):/g

async function readMetricNames(): Promise<Set<string>> {
  await t.app.inject('/api/users/me')
  countRateLimited('some')
  const { body } = await t.app.inject('/metrics')
  return new Set(body.split('\n').flatMap((line) => /^(\w+)[ {]/.exec(line)?.[1] ?? []))
}

it.each(['operations/alerts.yml', 'operations/dashboard.json'])('%s uses metrics that the server has', async (file) => {
  const text = readFileSync(path.join(docs, file), 'utf8')
  const used = [...text.matchAll(expressions)].flatMap(([, json, yaml]) =>
    [...(json ?? yaml ?? '').replace(/(by|without) \([^)]*\)|\{[^}]*\}/g, '').matchAll(metricName)].map(
      ([name]) => name,
    ),
  )
  expect(new Set(used).size).toBeGreaterThan(5)
  const known = await readMetricNames()
  expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([])
})

it('S39: `reportError` receives what the server logs as an error', async () => {
  const reported: ReportedError[] = []
  const reportError = (error: ReportedError) => void reported.push(error)
  const container = createContainer({ ...t.config, mode: 'production', logLevel: 'error' }, { reportError })
  container.log.error({ err: new Error('An error for a test of reports.'), code: 'INTERNAL_ERROR' }, 'request failed')
  expect(reported).toMatchObject([{ message: 'request failed', context: { code: 'INTERNAL_ERROR' } }])
  await container.close()
})

it('operations.md describes metrics that the server has', async () => {
  const text = readFileSync(path.join(docs, 'guides/operations.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  const described = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z_\d]+)`/g)].map(([, name = '']) => name),
  )
  expect(described.length).toBeGreaterThan(8)
  const known = [...(await readMetricNames())]
  expect(described.filter((name) => !known.some((one) => one === name || one.startsWith(`${name}_`)))).toEqual([])
})
