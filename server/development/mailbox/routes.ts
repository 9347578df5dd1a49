import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.js'
import { escapeHtml } from '../../core/escape-html.js'
import { htmlPage, pageScriptHash, pageStyleHash } from '../pages/html.js'
import { createMailbox, type MailboxEntry } from './mailbox.js'
import { devPages } from './pages.js'

/**
 * Creates the plugin that shows sent mails at `/dev/mailbox` and as JSON, and serves the pages of their links if there
 * is no frontend. For development only.
 */
export function devMailbox({ dataDir }: Pick<Config, 'dataDir'>) {
  const mailbox = createMailbox(dataDir)
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/dev/mailbox.json', () => mailbox.list())
    app.get('/dev/mailbox', async (_request, reply) => {
      const page = htmlPage({ title: 'Mailbox', body: body(await mailbox.list()) })
      return reply.header('content-security-policy', contentPolicy).type('text/html; charset=utf-8').send(page)
    })
    await app.register(devPages)
  }
}

// Mails have styles in attributes, and their frames inherit this policy.
const contentPolicy = [
  "default-src 'none'",
  `script-src ${pageScriptHash}`,
  `style-src ${pageStyleHash}`,
  "style-src-attr 'unsafe-inline'",
  'img-src data:',
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

function body(mails: readonly MailboxEntry[]): string {
  return `<main>
<h1>Mailbox</h1>
<p class="soft">Mail that this development server sent, newest first. <a href="mailbox">Reload</a> ·
<a href="mailbox.json">JSON</a> · <a href="../">Home</a></p>
${mails.length > 0 ? mails.map(mailCard).join('\n') : '<p>Nothing was sent yet. Register somebody, and look here.</p>'}
</main>`
}

function mailCard({ id, to, subject, text, html, sentAt }: MailboxEntry, index: number): string {
  const titleId = `mail-${index}`
  return `<article class="card" aria-labelledby="${titleId}" data-mail="${escapeHtml(id)}">
<header><div><h2 id="${titleId}">${escapeHtml(subject)}</h2>
<span class="soft">to ${escapeHtml(to)}</span></div>
<time class="soft" datetime="${sentAt}">${sentAt.slice(0, 19).replace('T', ' ')} UTC</time></header>
<pre class="wraps">${linkify(text)}</pre>
<details><summary>As HTML</summary>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="${escapeHtml(subject)}"
 srcdoc="${escapeHtml(html)}"></iframe></details>
</article>`
}

function linkify(text: string): string {
  return escapeHtml(text).replace(/https?:\/\/[^\s<]+/g, (url) => `<a href="${url}">${url}</a>`)
}
