interface PageParts {
  title: string
  /** Trusted URLs, relative to the page, in the order in which they are loaded. */
  scripts: readonly string[]
}

/** The page at `/docs`. Its addresses are relative, so that it works below a path of a proxy. */
export function docsHtml({ title, scripts }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/page.css">
</head>
<body>
<main id="reference"></main>
<noscript>This page needs JavaScript. The document itself is at <a href="api/openapi.json">/api/openapi.json</a>.</noscript>
${scripts.map((url) => `<script src="${url}"></script>`).join('\n')}
</body>
</html>
`
}

/**
 * Starts the reference. What sends requests elsewhere is turned off: telemetry, web fonts, the proxy, and the services
 * of its vendor. Calls go to the address of the page, because the content security policy allows no other; the document
 * itself names the address of the settings. After a login on the page, further calls have its token. A script before this
 * one may define `prepareReference`, which changes the document and the configuration.
 */
export const docsScript = `
const hidden = ['c', 'clojure', 'csharp', 'dart', 'fsharp', 'go', 'http', 'java', 'js', 'julia', 'kotlin', 'node', 'objc',
  'ocaml', 'php', 'powershell', 'r', 'ruby', 'rust', 'swift']

const configuration = {
  theme: 'none',
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  documentDownloadType: 'json',
  persistAuth: true,
  authentication: authenticationWith(localStorage.getItem('access-token') ?? ''),
  onResponseReceived: keepToken,
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  hiddenClients: {
    ...Object.fromEntries(hidden.map((language) => [language, true])),
    shell: ['httpie', 'wget'],
    python: ['aiohttp', 'httpx_async', 'httpx_sync', 'python3'],
  },
}

function authenticationWith(token) {
  return { preferredSecurityScheme: 'bearerAuth', securitySchemes: { bearerAuth: { token } } }
}

// The reference remembers what is typed, but not what the configuration contains.
async function keepToken({ request, response }) {
  if (!response.ok || !/\\/auth\\/(login|refresh)$/.test(request.url)) return
  const { data } = await response.clone().json()
  localStorage.setItem('access-token', data.accessToken)
  const current = globalThis.reference.getConfiguration()
  globalThis.reference.updateConfiguration({ ...current, authentication: authenticationWith(data.accessToken) })
}

// The reference sends each header that has an example, also if it is optional.
function dropHeaderExamples({ components }) {
  for (const parameter of Object.values(components.parameters ?? {})) {
    if (parameter.in === 'header' && !parameter.required) delete parameter.example
  }
}

// The reference writes samples for curl and Python itself, but none in TypeScript.
function sampleOf(url, method, { parameters = [], requestBody, security = [] }) {
  const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  const path = url.replace(/{(\\w+)}/g, (all, name) => (inPath.includes(name) ? '$' + all : all))
  const json = requestBody?.content?.['application/json']
  const body = json && exampleOf(json)
  const headers = [
    ...(security.some((scheme) => Object.keys(scheme).length > 0) ? ['authorization: \`Bearer \${token}\`'] : []),
    ...(body ? ["'content-type': 'application/json'"] : []),
  ]
  const options = [
    ...(method === 'get' ? [] : ["method: '" + method.toUpperCase() + "'"]),
    ...(headers.length > 0 ? ['headers: { ' + headers.join(', ') + ' }'] : []),
    ...(body ? ['body: JSON.stringify(' + JSON.stringify(body, null, 2).replaceAll('\\n', '\\n  ') + ')'] : []),
  ]
  const given = options.length > 0 ? ', {\\n  ' + options.join(',\\n  ') + ',\\n}' : ''
  return 'const response = await fetch(\`' + path + '\`' + given + ')\\n' +
    'const { data, error } = response.status === 204 ? {} : await response.json()\\n' +
    'if (!response.ok) throw new Error(\`\${error.code}: \${error.message}\`)\\n'
}

function exampleOf({ example, examples, schema = {} }) {
  const [first] = Object.values(examples ?? {})
  if (example ?? first) return example ?? first.value ?? first
  const fields = Object.entries(schema.properties ?? {}).filter(([name, field]) =>
    schema.required ? schema.required.includes(name) : field.examples)
  return Object.fromEntries(fields.map(([name, { examples, default: usual, enum: values, type }]) =>
    [name, examples?.[0] ?? usual ?? values?.[0] ?? (type === 'array' ? [] : type === 'integer' ? 1 : '')]))
}

function addSamples({ paths, servers: [{ url }] }) {
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const source = sampleOf(url + path, method, operation)
      operation['x-codeSamples'] = [{ lang: 'typescript', label: 'TypeScript', source }]
    }
  }
}

async function start() {
  const document = await (await fetch('api/openapi.json')).json()
  document.servers = [{ url: new URL('api', location.href).href }]
  await globalThis.prepareReference?.(document, configuration)
  dropHeaderExamples(document)
  addSamples(document)
  globalThis.reference = Scalar.createApiReference('#reference', { ...configuration, content: document })
}

start().catch(() => {
  document.getElementById('reference').textContent = 'The document at /api/openapi.json cannot be read.'
})
`

/** Adapts the reference to the server's own pages. The bar of a script that offers logins stands above all of it. */
export const docsStyle = `
:root { --scalar-font: system-ui, sans-serif;
  --scalar-font-code: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
:root:has(#demo) { --scalar-custom-header-height: 2.5rem }
body { margin: 0; font-family: system-ui, sans-serif }
.light-mode { --scalar-color-accent: #0b6b52; --scalar-color-2: #56605c; --scalar-color-3: #626c68 }
.dark-mode { --scalar-color-accent: #6fd3b2 }
#reference:empty::before { content: 'Loading the reference.'; display: block; padding: 2rem }
#demo { position: sticky; top: 0; z-index: 10; display: flex; align-items: center; gap: .5rem; box-sizing: border-box;
  height: 2.5rem; padding: 0 1rem; background: #0b6b52; color: #fff; font-size: .85rem; white-space: nowrap }
#demo select { min-width: 0; padding: .2rem .4rem; border: 1px solid #fff; border-radius: .3rem; background: #0b6b52;
  color: #fff; font: inherit }
`
