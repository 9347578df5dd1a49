import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { escapeHtml } from '../../core/escape-html.js'
import { pageScript, pageStyle } from './html-assets.js'

interface Page {
  title: string
  /** Trusted HTML; what comes from elsewhere goes through {@link escapeHtml} first. */
  body: string
}

/**
 * Wraps a body into a whole page with the shared style, in light and dark. Its inline parts pass the server's content
 * security policy by their hashes. A button with `data-copy` copies the text of the element whose id it names.
 */
export function htmlPage({ title, body }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
${body}
<script>${pageScript}</script>
</body>
</html>
`
}

/** What a content security policy names to let the inline style of {@link htmlPage} pass. */
export const pageStyleHash = hashOf(pageStyle)

/** What a content security policy names to let the inline script of {@link htmlPage} pass. */
export const pageScriptHash = hashOf(pageScript)

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

const contentPolicy = [
  "default-src 'none'",
  `script-src 'self' ${pageScriptHash}`,
  `style-src ${pageStyleHash}`,
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Lets the inline parts of {@link htmlPage} pass the content security policy of a scope. */
export function allowPageParts(scope: FastifyInstance): void {
  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', contentPolicy)
  })
}
