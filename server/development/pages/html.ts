import { createHash } from 'node:crypto'
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

/** Writes text so that HTML shows it as it is, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** What a content security policy names to let the inline style of {@link htmlPage} pass. */
export const pageStyleHash = hashOf(pageStyle)

/** What a content security policy names to let the inline script of {@link htmlPage} pass. */
export const pageScriptHash = hashOf(pageScript)

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}
