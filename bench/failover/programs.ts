import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { haproxyProgram } from '../support/haproxy.js'

/** Where Debian's packages put the programs. */
export interface Programs {
  /** The folder of `initdb`, `postgres`, `pg_ctl` and `pg_basebackup`. */
  postgres: string
}

const versions = '/usr/lib/postgresql'
const oldestVersion = 15

/** @returns the programs, or the sentence that says which packages of Debian are missing */
export function findPrograms(): Programs | string {
  const newest = existsSync(versions) ? Math.max(0, ...readdirSync(versions).map(Number).filter(Number.isInteger)) : 0
  const postgres = path.join(versions, String(newest), 'bin')
  const hasPostgres = newest >= oldestVersion && existsSync(path.join(postgres, 'pg_basebackup'))
  const missing = [...(hasPostgres ? [] : ['postgresql']), ...(existsSync(haproxyProgram) ? [] : ['haproxy'])]
  if (missing.length === 0) return { postgres }
  return `This benchmark needs PostgreSQL ${oldestVersion} or newer and HAProxy. On Debian: apt-get install ${missing.join(' ')}`
}
