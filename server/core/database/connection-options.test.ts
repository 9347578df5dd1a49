import pg from 'pg'
import { describe, expect, inject, it } from 'vitest'
import { loadCommandConfig } from '../../config.js'
import { connectionOptions, findDatabaseUrlFaults } from './connection-options.js'

const base = 'postgresql://user:secret@db.example.com:5432/app'

describe('S65: settings that a database URL cannot change', () => {
  async function settingsWith(query: string) {
    const url = new URL(inject('postgresUrl'))
    url.search = query
    const client = new pg.Client(connectionOptions(url.href))
    await client.connect()
    try {
      const { rows } = await client.query(
        `SELECT current_setting('TimeZone') AS zone, current_setting('search_path') AS schema,
           current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
           current_setting('work_mem') AS "workMem", current_setting('application_name') AS name`,
      )
      return rows[0]
    } finally {
      await client.end()
    }
  }
  const fixed = { zone: 'UTC', schema: 'public', statement: '4500ms', lock: '2s', name: 'api' }

  it.each([
    'options=-c%20TimeZone%3DAsia/Tokyo',
    'options=-c%20search_path%3Dother%20-c%20statement_timeout%3D0',
    'options=--timezone%3DAsia/Tokyo%20--lock-timeout%3D0',
    'application_name=other',
  ])('S65: are not changed by %s', async (query) => {
    expect(await settingsWith(query)).toMatchObject(fixed)
  })

  it('keeps the other options of the URL', async () => {
    expect(await settingsWith('options=-c%20work_mem%3D7MB&schema=public')).toMatchObject({ ...fixed, workMem: '7MB' })
  })
})

describe('parameters of a database URL without effect', () => {
  it.each([
    ['schema=app', 'schema'],
    ['schema=', 'schema'],
    ['connection_limit=5', 'DATABASE_POOL_MAX'],
    ['statement_timeout=0', 'statement_timeout'],
    ['Timezone=Asia/Tokyo', 'UTC'],
    ['options=-c%20TimeZone%3DEurope/Berlin', 'time zone Europe/Berlin'],
    ['options=-cTimeZone%3DEurope/Berlin', 'time zone Europe/Berlin'],
    ['options=--timezone%3DEurope/Berlin', 'time zone Europe/Berlin'],
    ['options=-c%20search_path%3Dapp', 'schema'],
    ['nonsense=1', 'nonsense'],
    ['schema=public&schema=app', 'schema more than once'],
    ['sslmode=prefer', 'sslmode'],
    ['sslmode=bogus', 'sslmode'],
    ['ssl=banana', 'ssl'],
    ['channel_binding=maybe', 'channel_binding'],
    ['port=abc', 'port'],
    ['options=-c', 'options'],
    ['options=work_mem%3D8MB', 'options'],
    ['options=--work_mem%208MB', 'options'],
    ['sslrootcert=/missing', 'no such file'],
  ])('S65: prevent the start with an explanation: %s', (query, part) => {
    const fault = new RegExp(`DATABASE_URL .*${part}`)
    expect(() => loadCommandConfig({ DATABASE_URL: `${base}?${query}` })).toThrow(fault)
    expect(() => loadCommandConfig({ DATABASE_URL_TEST: `${base}?${query}` })).toThrow('DATABASE_URL_TEST')
  })

  it.each(['app', 'postgresql://user@host:99999/app', 'postgresql://user@/app?host=/run', 'postgresql://a:1,b:2/app'])(
    'S65: prevent the start with an explanation if it is not a URL: %s',
    (url) => {
      expect(() => loadCommandConfig({ DATABASE_URL: url })).toThrow(/DATABASE_URL .*postgresql:\/\/user:password@host/)
    },
  )

  it.each([
    '',
    'sslmode=require&channel_binding=require',
    'schema=public&pgbouncer=false',
    'host=/var/run/postgresql',
    'options=-c%20TimeZone%3DUTC%20-c%20work_mem%3D8MB',
    'options=--work-mem%3D8MB%20-cjit%3Doff%20',
    'ssl=false&port=5433&options=',
    'sslmode=verify-full',
    'application_name=app',
  ])('do not include parameters that take effect: %s', (query) => {
    expect(findDatabaseUrlFaults(`${base}?${query}`)).toEqual([])
  })

  it.each([
    'postgresql://app:secret@part/secret@db.example.com:5432/app',
    'postgresql://app:secret@part?secret@db.example.com:5432/app',
    'postgresql://app:secret#part@db.example.com:5432/app',
    'postgresql://db.example.com:5432/app#',
    'postgresql://app:12#part@db.example.com/app',
  ])('include characters that are not encoded, which make a part of the password the host: %s', (url) => {
    expect(findDatabaseUrlFaults(url)).toEqual([expect.stringContaining('In its user and password, write @ as %40')])
  })

  it('never contain the password', () => {
    const faults = findDatabaseUrlFaults(`${base}?schema=app&pgbouncer=true&x=1`)
    expect(faults.join()).not.toContain('secret')
  })
})
