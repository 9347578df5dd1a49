import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { escapeHtml } from '../../core/escape-html.js'
import { pageScript, pageStyle } from './html-assets.js'

interface Page {
  title: string
  /** Trusted HTML; pass all other text through {@link escapeHtml} first. */
  body: string
}

/**
 * Creates a page with the shared style, in light and dark. Its inline parts are allowed in the content security policy
 * by their hashes. A button with `data-copy` copies the text of the element with that id.
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

/** The source for a content security policy that allows the inline style of {@link htmlPage}. */
export const pageStyleHash = hashOf(pageStyle)

/** The source for a content security policy that allows the inline script of {@link htmlPage}. */
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

/** Allows the inline parts of {@link htmlPage} in the content security policy of a scope. */
export function allowPageParts(scope: FastifyInstance): void {
  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', contentPolicy)
  })
}
