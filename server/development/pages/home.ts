import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.js'
import { escapeHtml } from '../../core/escape-html.js'
import { type Example, exampleCalls } from './home-examples.js'
import { htmlPage } from './html.js'

/** Creates the plugin for `GET /` with links and first calls to copy. For development only. */
export function homePage({ app: { title }, http }: Config) {
  const page = htmlPage({ title, body: body(title, http.publicUrl) })
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(page))
  }
}

function body(title: string, url: string): string {
  return `<main>
<h1>${escapeHtml(title)} is running</h1>
<p class="soft">Development server at <code>${escapeHtml(url)}</code>. In production this page does not exist.</p>
<nav aria-label="Pages"><ul class="links">${links.map(linkItem).join('')}</ul></nav>
<h2>First calls with curl</h2>
<p class="soft">Ada is a demo user; <code>admin@example.com</code> with <code>demo-admin-passphrase</code> is an admin. Run these
in one shell, in this order: logging in puts Ada's token into <code>$TOKEN</code>.</p>
${exampleCalls.curl(url).map(exampleCard).join('\n')}
<h2>First calls from TypeScript</h2>
<p class="soft">The same with full types. How to install the package in a frontend is in
<code>docs/guides/client.md</code>. Pages of this machine may call the server, on any port. Any other origin has to be named in
the setting <code>CORS_ORIGINS</code>.</p>
${exampleCalls.client(url).map(exampleCard).join('\n')}
</main>`
}

const links = [
  ['/docs', 'API reference', 'Documentation of every endpoint, with a client to try them'],
  ['/api/openapi.json', 'OpenAPI 3.1', 'The document for code generators'],
  ['/dev/mailbox', 'Mailbox', 'All mail that this server has sent'],
  ['/readyz', 'Health', 'The state of the server and its dependencies'],
  ['/metrics', 'Metrics', 'For Prometheus'],
  ['/.well-known/jwks.json', 'Public keys', 'The keys that other services use to verify access tokens'],
] as const

function linkItem([href, name, purpose]: (typeof links)[number]): string {
  return `<li><a href="${href.slice(1)}"><strong>${name}</strong><span class="soft">${purpose}</span></a></li>`
}

function exampleCard({ id, title, code }: Example): string {
  return `<section class="card">
<header><h3 id="${id}-title">${escapeHtml(title)}</h3>
<button type="button" data-copy="${id}" aria-describedby="${id}-title" aria-live="polite">Copy</button></header>
<pre id="${id}" tabindex="0">${escapeHtml(code)}</pre>
</section>`
}
