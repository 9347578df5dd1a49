/** Code to copy from the home page. */
export interface Example {
  id: string
  title: string
  code: string
}

/** The first calls, for a server with the demo data. */
export const exampleCalls = { curl, client }

function curl(url: string): Example[] {
  return [
    { id: 'curl-login', title: 'Log in as Ada', code: loginCommand(url) },
    { id: 'curl-create', title: 'Create a post', code: createCommand(url) },
    { id: 'curl-list', title: 'List posts', code: `curl -s '${url}/api/posts?limit=3'` },
  ]
}

// node extracts the token, because jq may not be installed.
function loginCommand(url: string): string {
  return `TOKEN=$(curl -s ${url}/api/auth/login \\
  -H 'content-type: application/json' \\
  -d '{"email":"ada@example.com","password":"demo-user-passphrase"}' \\
  | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).data.accessToken')
echo "$TOKEN"`
}

function createCommand(url: string): string {
  return `curl -s ${url}/api/posts \\
  -H "authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' \\
  -d '{"title":"Hello","body":"My first post.","status":"published"}'`
}

function client(url: string): Example[] {
  const code = `import { createApiClient } from '@plinth/client'

const client = createApiClient({ url: '${url}' })

await client.login({ email: 'ada@example.com', password: 'demo-user-passphrase' })
const me = await client.api.users.me.query()
const sessions = await client.api.sessions.list.query()
await client.logout()`
  return [{ id: 'client', title: 'Log in, read your account, log out', code }]
}
