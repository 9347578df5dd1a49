/** The page at `/docs`. Not made with `htmlPage`, whose rules for whole elements would reach into the reference. */
export const docsHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<main id="reference">Loading the reference.</main>
<noscript>This page needs JavaScript. The document itself is at <a href="/api/openapi.json">/api/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/page.js"></script>
</body>
</html>
`

/**
 * Starts the reference; the colours follow the system. Calls go to the address at which the page was opened, as the
 * content security policy lets no other pass; the document itself names the one in the settings. No validator is asked.
 */
export const docsScript = `
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
fetch('/api/openapi.json').then((answer) => answer.json()).then((spec) => SwaggerUIBundle({
  spec: { ...spec, servers: [{ url: '/api' }] },
  dom_id: '#reference',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
})).catch(() => {
  document.getElementById('reference').textContent = 'The document at /api/openapi.json cannot be read.'
})
`

/** Fits the reference into the look of the other pages. */
export const docsStyle = `
:root { --bg: #f7f7f4; --card: #fff; --line: #dcdfd9; --ink: #1c2321 }
html.dark-mode { --bg: #131716; --card: #1b201f; --line: #323a37; --ink: #e8ece9; color-scheme: dark }
html.dark-mode, html.dark-mode body, body { margin: 0; background: var(--bg); color: var(--ink);
  font-family: system-ui, sans-serif }
#reference { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem 4rem }
.swagger-ui, html.dark-mode .swagger-ui { background: none }
.swagger-ui .wrapper { padding: 0 }
.swagger-ui .info .renderedMarkdown p { line-height: 1.9 }
.swagger-ui .info { margin: 2.5rem 0 1.5rem }
.swagger-ui .scheme-container { background: var(--card); box-shadow: none; border: 1px solid var(--line);
  border-radius: .6rem; padding: 1rem }
html.dark-mode .swagger-ui table.headers td { color: var(--ink) }
`
