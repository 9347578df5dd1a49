import { readManifest } from '../../manifest.js'
import { type CookieNames, refreshCookieName } from '../refresh-cookie.js'
import type { DocumentOptions } from './document.js'

/** The settings that the document names. */
export interface DocumentConfig extends CookieNames {
  app: CookieNames['app'] & { title: string }
  http: CookieNames['http'] & { appUrl?: string }
}

/**
 * What the document says about this server, from the settings and from `package.json`: its version, its licence, and whom to
 * ask. That is the `author`, written as an object, or whoever runs the application.
 */
export function documentOptions(config: DocumentConfig): DocumentOptions {
  const { title } = config.app
  const { version, license, author = { name: title, url: config.http.appUrl } } = readManifest()
  return {
    title,
    version,
    serverUrl: config.http.publicUrl,
    license,
    contact: author,
    refreshCookie: refreshCookieName(config),
  }
}
