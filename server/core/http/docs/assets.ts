/** The page at `/docs`. It does not use `htmlPage`, whose styles for elements would also apply to the reference. */
export const docsHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/page.css">
</head>
<body>
<nav aria-label="Pages"><a href="api/openapi.json">openapi.json</a></nav>
<main id="reference">Loading the reference.</main>
<noscript>This page needs JavaScript. The document itself is at <a href="api/openapi.json">/api/openapi.json</a>.</noscript>
<script src="docs/swagger-ui.js"></script>
<script src="docs/page.js"></script>
</body>
</html>
`

/**
 * Starts the reference with the colours of the system. Calls go to the address of the page, because the content
 * security policy allows no other; the document itself names the address of the settings. No external validator is
 * called.
 */
export const docsScript = `
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
fetch('api/openapi.json').then((answer) => answer.json()).then((spec) => SwaggerUIBundle({
  spec: { ...spec, servers: [{ url: new URL('api', location.href).href }] },
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

/** Adapts the style of the reference to the other pages. Its own labels have too little contrast in light colours. */
export const docsStyle = `
:root { --bg: #f7f7f4; --card: #fff; --line: #dcdfd9; --ink: #1c2321; --accent: #0b6b52 }
html.dark-mode { --bg: #131716; --card: #1b201f; --line: #323a37; --ink: #e8ece9; --accent: #6fd3b2; color-scheme: dark }
html.dark-mode, html.dark-mode body, body { margin: 0; background: var(--bg); color: var(--ink);
  font-family: system-ui, sans-serif }
#reference { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem 4rem }
.swagger-ui, html.dark-mode .swagger-ui { background: none }
nav { max-width: 74rem; margin: 0 auto; padding: 1rem 1.25rem 0; text-align: right }
nav a { color: var(--accent) }
.swagger-ui .wrapper { padding: 0 }
.swagger-ui .info .renderedMarkdown code { padding: 2px 4px; box-decoration-break: clone;
  -webkit-box-decoration-break: clone }
.swagger-ui .info .renderedMarkdown p { line-height: 1.9 }
.swagger-ui .info { margin: 2.5rem 0 1.5rem }
.swagger-ui .scheme-container { background: var(--card); box-shadow: none; border: 1px solid var(--line);
  border-radius: .6rem; padding: 1rem }
html.dark-mode .swagger-ui table.headers td { color: var(--ink) }
html:not(.dark-mode) .swagger-ui .btn.authorize { color: var(--accent); border-color: var(--accent) }
html:not(.dark-mode) .swagger-ui .btn.authorize svg { fill: var(--accent) }
html:not(.dark-mode) .swagger-ui .info .title small.version-stamp { background: #46680a }
html:not(.dark-mode) .swagger-ui .info .title small { background: #5c6273 }
html:not(.dark-mode) .swagger-ui .opblock-get .opblock-summary-method { background: #1a5fa5 }
html:not(.dark-mode) .swagger-ui .opblock-post .opblock-summary-method { background: #0b6b52 }
html:not(.dark-mode) .swagger-ui .opblock-put .opblock-summary-method { background: #8f4e00 }
html:not(.dark-mode) .swagger-ui .opblock-patch .opblock-summary-method { background: #0d6a68 }
html:not(.dark-mode) .swagger-ui .opblock-delete .opblock-summary-method { background: #b3201f }
`
