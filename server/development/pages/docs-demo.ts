import type { FastifyInstance } from 'fastify'

/** The URL of the script, relative to the page of the reference, which loads it. */
export const demoScriptPath = 'docs/demo.js'

/** Creates the plugin that serves the script for trying the API as a demo user. For development only. */
export async function docsDemo(app: FastifyInstance): Promise<void> {
  app.get(`/${demoScriptPath}`, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))
}

/**
 * Logs in as a demo user before the reference starts, so that the first request works, and offers the other one. The
 * token is kept for a reload. The operation to log in shows that user's password. Without demo users, it changes nothing.
 */
const script = `
const logins = {
  'ada@example.com': 'demo-user-passphrase',
  'admin@example.com': 'demo-admin-passphrase',
}

globalThis.prepareReference = async (document, configuration) => {
  const email = localStorage.getItem('demo-login') ?? 'ada@example.com'
  const token = await tokenOf(email)
  if (token === undefined) return
  configuration.authentication.securitySchemes.bearerAuth.token = token
  const body = document.paths['/auth/login'].post.requestBody.content['application/json']
  delete body.examples
  body.example = { email, password: logins[email] }
  showChoice(email)
}

async function tokenOf(email) {
  const kept = localStorage.getItem('access-token')
  if (localStorage.getItem('demo-login') === email && secondsLeft(kept) > 60) return kept
  const body = JSON.stringify({ email, password: logins[email] })
  const response = await fetch('api/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  if (!response.ok) return undefined
  const { data } = await response.json()
  localStorage.setItem('demo-login', email)
  localStorage.setItem('access-token', data.accessToken)
  return data.accessToken
}

function secondsLeft(token) {
  try {
    const [, payload] = token.split('.')
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).exp - Date.now() / 1000
  } catch {
    return 0
  }
}

function showChoice(email) {
  const bar = document.createElement('label')
  bar.id = 'demo'
  bar.textContent = 'Requests are sent as '
  const choice = document.createElement('select')
  for (const address of Object.keys(logins)) choice.append(new Option(address, address, address === email, address === email))
  choice.addEventListener('change', () => {
    localStorage.setItem('demo-login', choice.value)
    localStorage.removeItem('access-token')
    location.reload()
  })
  bar.append(choice)
  document.body.prepend(bar)
}
`
