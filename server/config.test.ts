import { describe, expect, inject, it } from 'vitest'
import { ConfigError, loadCommandConfig, loadConfig } from './config.js'

const complete = () => ({
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://u:p@db.internal/app',
  PUBLIC_URL: 'https://api.example.com/',
  SMTP_URL: 'smtps://u:p@mail.example.com:465',
  JWT_PRIVATE_KEYS: inject('signingKeys'),
  PASSWORD_PEPPER: 'p'.repeat(32),
  TOKEN_SECRET: 't'.repeat(32),
})

function faultsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

describe('settings', () => {
  it('starts in production with all required settings, and production is the default', () => {
    const config = loadConfig({ ...complete(), NODE_ENV: undefined })
    expect(config.isProduction).toBe(true)
    expect(config.listen).toEqual({ host: '0.0.0.0', port: 3000, isPortGiven: false })
    expect(config.http.publicUrl).toBe('https://api.example.com')
    expect(config.mail.from).toBe(`${config.app.title} <no-reply@api.example.com>`)
  })

  it('lists all settings that production lacks, each with the command that creates it', () => {
    const faults = faultsOf({ NODE_ENV: 'production' })
    for (const name of Object.keys(complete()).slice(1)) expect(faults.join('\n')).toContain(`${name} is missing`)
    expect(faults.find((fault) => fault.startsWith('JWT_PRIVATE_KEYS'))).toContain('npm run -s keys:new')
    expect(faults.find((fault) => fault.startsWith('TOKEN_SECRET'))).toContain('randomBytes(32)')
  })

  it.each([
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['JWT_PRIVATE_KEYS', 'not json'],
    ['JWT_PRIVATE_KEYS', '{"keys":[]}'],
    ['JWT_PRIVATE_KEYS', '{"keys":[{"kty":"EC","crv":"P-256","kid":"1","x":"AAAA","y":"AAAA","d":"AAAA"}]}'],
    ['PASSWORD_PEPPER', 'short'],
    ['CORS_ORIGINS', 'https://app.example.com/path'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://*.example.com'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'capacitor://localhost/'],
    ['CORS_ORIGINS', 'capacitor://'],
    ['CORS_ORIGINS', 'Tauri://localhost'],
    ['SEED', 'perhaps'],
  ])('rejects %s=%s and names the setting', (name, value) => {
    expect(faultsOf({ ...complete(), [name]: value }).join('\n')).toContain(name)
  })

  it.each([
    [{ DIRECT_URL: 'postgresql://u:p@db/app' }, 'DIRECT_URL has no effect without DATABASE_URL'],
    [{ DATABASE_URL: 'postgresql://u:p@pooler/app?pgbouncer=true' }, 'DIRECT_URL is required'],
    [
      { DATABASE_URL: 'postgresql://u:p@pooler/app', DIRECT_URL: 'postgresql://u:p@db/app?pgbouncer=true' },
      'DIRECT_URL has pgbouncer',
    ],
    [
      { DATABASE_URL: 'postgresql://u:p@pooler/app?options=-cjit%3Doff', DIRECT_URL: 'postgresql://u:p@db/app' },
      'DATABASE_URL has options',
    ],
  ])('rejects URLs of a pooler that contradict each other, also for commands: %o', (given, fault) => {
    const { DATABASE_URL: _url, ...others } = complete()
    expect(faultsOf({ ...others, ...given }).join('\n')).toContain(fault)
    expect(() => loadCommandConfig(given)).toThrow(fault)
  })

  it('uses the pooler for requests alone, and only if there are two URLs', () => {
    const [url, directUrl] = ['postgresql://u:p@pooler/app?pgbouncer=true', 'postgresql://u:p@db/app']
    expect(loadCommandConfig({ DATABASE_URL: url, DIRECT_URL: directUrl }).database).toMatchObject({
      url,
      directUrl,
      isPooled: true,
    })
    const same = { DATABASE_URL: directUrl, DIRECT_URL: directUrl }
    expect(loadCommandConfig(same).database).toMatchObject({ url: directUrl, directUrl, isPooled: false })
    expect(loadCommandConfig({ DATABASE_URL: directUrl }).database).toMatchObject({ directUrl, isPooled: false })
  })

  it('S1: does not start with a password length below 8', () => {
    expect(faultsOf({ ...complete(), PASSWORD_MIN_LENGTH: '7' }).join('\n')).toContain('PASSWORD_MIN_LENGTH')
    expect(loadConfig({ ...complete(), PASSWORD_MIN_LENGTH: '8' }).identity.passwordMinLength).toBe(8)
    expect(loadConfig(complete()).identity.passwordMinLength).toBe(15)
  })

  it.each([
    ['COOKIE_DOMAIN', 'evil.test; Path=/'],
    ['COOKIE_DOMAIN', 'example.com:443'],
    ['COOKIE_DOMAIN', 'https://example.com'],
    ['COOKIE_DOMAIN', '.example.com'],
    ['COOKIE_DOMAIN', 'example.com.'],
    ['COOKIE_DOMAIN', 'api..example.com'],
    ['COOKIE_DOMAIN', '192.0.2.7'],
    ['COOKIE_DOMAIN', 'com'],
    ['COOKIE_DOMAIN', 'localhost'],
    ['COOKIE_DOMAIN', 'example.org'],
    ['COOKIE_DOMAIN', 'ample.com'],
    ['COOKIE_DOMAIN', 'www.api.example.com'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0.0/8, ::/0'],
    ['TRUST_PROXY', '0.0.0.0/1,128.0.0.0/1'],
    ['TRUST_PROXY', '::ffff:0.0.0.0/96'],
    ['PUBLIC_URL', 'http://api.example.com'],
    ['PUBLIC_URL', 'http://127.example.com'],
    ['PUBLIC_URL', 'http://localhost.example.com'],
    ['PUBLIC_URL', 'http://10.0.0.1:3000'],
    ['PUBLIC_URL', 'http://[::2]'],
    ['PUBLIC_URL', 'https://user@api.example.com'],
    ['PUBLIC_URL', 'https://:secret@api.example.com'],
    ['PUBLIC_URL', 'https://api.example.com/?'],
    ['PUBLIC_URL', 'https://api.example.com/#top'],
    ['PUBLIC_URL', 'https://api.example.com\\@evil.example'],
    ['PUBLIC_URL', 'ftp://api.example.com'],
    ['APP_URL', 'http://app.example.com'],
    ['APP_URL', 'https://app.example.com?next=1'],
    ['APP_URL', 'https://app@evil.example'],
    ['CORS_ORIGINS', 'https://app.example.com, http://admin.example.com'],
  ])('S59: does not start in production with %s=%s, and explains in a line what to do', (name, value) => {
    const faults = faultsOf({ ...complete(), [name]: value })
    expect(faults.filter((fault) => fault.startsWith(`${name} `))).not.toEqual([])
    for (const fault of faults) expect(fault).toMatch(/^[A-Z_]+ [^\n]{20,}$/)
    expect(faults.join('\n')).not.toContain('secret')
  })

  it.each([
    ['COOKIE_DOMAIN', 'example.com'],
    ['COOKIE_DOMAIN', 'API.example.com'],
    ['PUBLIC_URL', 'http://localhost:3000'],
    ['PUBLIC_URL', 'http://127.0.0.1:3000'],
    ['PUBLIC_URL', 'http://[::1]:3000'],
    ['APP_URL', 'https://app.example.com/start'],
    ['CORS_ORIGINS', 'https://app.example.com,http://localhost:5173'],
    ['CORS_ORIGINS', 'capacitor://localhost, tauri://localhost,chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai'],
  ])('S59: starts in production with %s=%s', (name, value) => {
    expect(faultsOf({ ...complete(), [name]: value })).toEqual([])
  })

  it('S59: says that wildcards are not supported, and what to write', () => {
    const [fault] = faultsOf({ ...complete(), CORS_ORIGINS: 'https://app.example.com,https://*.example.com' })
    expect(fault).toBe(
      'CORS_ORIGINS has "https://*.example.com". Wildcards are not supported. ' +
        'Name each origin exactly, such as https://app.example.com',
    )
  })

  it('S59: lists contradictions between settings together with invalid settings', () => {
    const faults = faultsOf({ ...complete(), PORT: 'http', APP_URL: 'http://a.example', COOKIE_DOMAIN: 'b.example' })
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['PORT', 'APP_URL', 'COOKIE_DOMAIN'])
  })

  it('S59: accepts http and the domain localhost in development', () => {
    const local = { NODE_ENV: 'development', PUBLIC_URL: 'http://api.localhost:3000', COOKIE_DOMAIN: 'LocalHost' }
    const { publicUrl, cookieDomain } = loadConfig({ ...complete(), ...local }).http
    expect({ publicUrl, cookieDomain }).toEqual({ publicUrl: local.PUBLIC_URL, cookieDomain: 'localhost' })
    expect(faultsOf({ ...complete(), ...local, PUBLIC_URL: 'http://10.0.0.1:3000', COOKIE_DOMAIN: '' })).toEqual([])
    expect(faultsOf({ ...complete(), ...local, COOKIE_DOMAIN: 'com' })).not.toEqual([])
  })

  it.each(['true', '1', '10.0.0.1', '10.0.0.0/33', 'loopback'])('S10: does not start with TRUST_PROXY=%s', (value) => {
    expect(faultsOf({ ...complete(), TRUST_PROXY: value }).join('\n')).toContain('TRUST_PROXY')
  })

  it('S10: accepts CIDRs as TRUST_PROXY', () => {
    const { trustProxy } = loadConfig({ ...complete(), TRUST_PROXY: '10.0.0.0/8, fd00::/8' }).http
    expect(trustProxy).toEqual(['10.0.0.0/8', 'fd00::/8'])
  })

  it.each([
    'https://app.example.com/?next=',
    'https://app.example.com/#/',
    'https://ada:secret@app.example.com',
    'https://app.example.com?',
    'https://app.example.com/a b',
  ])('S90: does not start with %s, to which no path can be added, as APP_URL or PUBLIC_URL', (address) => {
    for (const name of ['APP_URL', 'PUBLIC_URL']) {
      expect(() => loadConfig({ ...complete, [name]: address })).toThrow(`${name} must have no user`)
    }
  })

  it('cannot be changed after the start', () => {
    const config = loadConfig(complete())
    expect(() => Object.assign(config.identity, { tokenSecret: 'x' })).toThrow(TypeError)
  })
})
