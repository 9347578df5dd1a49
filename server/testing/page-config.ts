import { inject } from 'vitest'
import { type Config, type Environment, loadConfig } from '../config.js'
import { testPepper, testTokenSecret } from './secrets.js'

/** Settings for tests of pages and headers, which need no database. */
export function pageConfig(environment: Environment = {}): Config {
  return loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    SMTP_URL: 'smtp://127.0.0.1:1',
    PUBLIC_URL: 'http://localhost:3000',
    JWT_PRIVATE_KEYS: inject('signingKeys'),
    PASSWORD_PEPPER: testPepper,
    TOKEN_SECRET: testTokenSecret,
    ...environment,
  })
}
