import app from '../../app.json' with { type: 'json' }

/** The name of the refresh cookie in tests, whose server has the port 3000. */
export const refreshCookieName = `${app.name}_refresh_3000`

import type { FastifyInstance } from 'fastify'

/** A browser's cookies for the host of an app: those of the host and of its domain, which may have the same name. */
export function createBrowserJar(app: FastifyInstance, origin = 'http://app.localhost:5173') {
  const cookies = new Map<string, { name: string; value: string }>()
  const header = () => [...cookies.values()].map(({ name, value }) => `${name}=${value}`).join('; ')

  function keep(setCookie: string): void {
    const [pair = '', ...attributes] = setCookie.split('; ')
    const name = pair.slice(0, pair.indexOf('='))
    const scope = attributes.find((attribute) => /^domain=/i.test(attribute)) ?? 'host'
    const isGone = attributes.some((attribute) => /^(max-age=0|expires=Thu, 01 Jan 1970)/i.test(attribute))
    if (isGone) cookies.delete(`${scope} ${name}`)
    else cookies.set(`${scope} ${name}`, { name, value: pair.slice(name.length + 1) })
  }

  return {
    cookies,
    header,
    /** The values of cookies whose names start with this. */
    valuesOf: (prefix: string) =>
      [...cookies.values()].filter(({ name }) => name.startsWith(prefix)).map(({ value }) => value),
    /** Posts to `/api${path}`, and stores the cookies of the response. */
    async post(path: string, body: object = {}, { accessToken, ip }: { accessToken?: string; ip?: string } = {}) {
      const reply = await app.inject({
        method: 'POST',
        url: `/api${path}`,
        headers: {
          origin,
          ...(cookies.size > 0 && { cookie: header() }),
          ...(accessToken && { authorization: `Bearer ${accessToken}` }),
        },
        payload: body,
        ...(ip && { remoteAddress: ip }),
      })
      for (const line of [reply.headers['set-cookie'] ?? []].flat()) keep(line)
      return { status: reply.statusCode, body: reply.body ? reply.json() : undefined }
    },
  }
}
