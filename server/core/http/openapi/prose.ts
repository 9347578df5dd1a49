/**
 * The introduction of the document, in Markdown: what holds for all operations. Documentation pages show its headings as
 * chapters before the reference.
 *
 * @param apiUrl the absolute URL of the REST API, which the examples call
 */
export function introduction(apiUrl: string): string {
  return text.replaceAll('{apiUrl}', apiUrl)
}

const text = `\
This API speaks JSON over HTTPS. Every operation below shows its inputs, its responses and its errors, with a sample that
you can copy. You can also send each request from this page.

## Quick start

Log in with your address and password, and send the access token that you get with each request:

\`\`\`sh
curl {apiUrl}/auth/login \\
  -H 'Content-Type: application/json' \\
  -d '{"email": "you@example.com", "password": "your passphrase"}'

curl {apiUrl}/users/me -H "Authorization: Bearer $ACCESS_TOKEN"
\`\`\`

A program should not know a password. Create an API key for it, with the scopes that it needs. The response shows the key
once, so store it in a safe place:

\`\`\`sh
curl {apiUrl}/api-keys \\
  -H "Authorization: Bearer $ACCESS_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '{"name": "My program", "scopes": ["users:read"]}'
\`\`\`

From then on, the program sends the key instead of the token. In Python, without any package:

\`\`\`python
import json, os, urllib.request

request = urllib.request.Request(
    "{apiUrl}/users/me",
    headers={"Authorization": f"Bearer {os.environ['API_KEY']}"},
)
with urllib.request.urlopen(request) as response:
    print(json.load(response)["data"]["name"])
\`\`\`

In TypeScript:

\`\`\`ts
const response = await fetch('{apiUrl}/users/me', {
  headers: { authorization: \`Bearer \${process.env.API_KEY}\` },
})
const { data, error } = await response.json()
if (!response.ok) throw new Error(\`\${error.code}: \${error.message}\`)
console.log(data.name)
\`\`\`

The same document is at [{apiUrl}/openapi.json]({apiUrl}/openapi.json). Generators such as openapi-typescript or
openapi-python-client make a client from it. openapi-typescript needs \`--default-non-nullable=false\`. Otherwise it requires
inputs that have a default value.

## Authentication

Send one credential in the header \`Authorization: Bearer <credential>\`. There are two kinds:

| | Access token | API key |
| --- | --- | --- |
| For | a person in an application | a program |
| Comes from | \`POST /auth/login\`, \`POST /auth/refresh\` | \`POST /api-keys\` |
| Valid | for 15 minutes | until it expires or is revoked |
| May do | what the user may do | what its scopes name, never administration |

**Access tokens.** \`POST /auth/login\` also returns a refresh token. \`POST /auth/refresh\` exchanges it for a new access token
and a new refresh token. Each refresh token works once: store the new one before you discard the old one. If a
response got lost, the old one is accepted for 10 more seconds. A session ends after 7 days without a refresh, and 30 days
after the login. In a browser, log in with \`"delivery": "cookie"\`. The refresh token is then in an \`HttpOnly\` cookie, which
scripts cannot read.

**API keys.** Each operation that accepts keys names the scope that it needs. A call without that scope is answered with 403. A
key acts as its owner, with the role \`user\`. Revoke a key that may have leaked, and create another one.

A missing, expired or revoked credential is answered with 401.

## Errors

The status shows the kind of error, and the body what happened:

\`\`\`json
{
  "error": {
    "code": "VALIDATION_ERROR",
    "message": "The input is not valid.",
    "details": [{ "path": "name", "message": "Must not be empty.", "code": "too_small" }],
    "requestId": "0198f3a2-7c41-7b8e-9d27-3f1f6d0c5a90"
  }
}
\`\`\`

Base decisions on \`code\`. It is stable, whereas the text of \`message\` is for people and may change. \`details\` is present if the
input is not valid, with the path of each invalid value. Name the \`requestId\` when you report a problem; it is also in the
header \`x-request-id\` of every response.

| Status | What to do |
| --- | --- |
| 400, 413, 415, 422 | Correct the request. A repetition fails again. |
| 401 | Refresh the access token or log in again, then repeat the request. |
| 403 | The credential is valid, but does not allow this. Use another one. |
| 404 | The resource does not exist, or you may not see it. |
| 409, 412 | Read the resource again, then decide. |
| 429, 503 | Wait for the seconds in \`Retry-After\`, then repeat the request. |
| 500 | Repeat the request later. If it creates something, send an \`Idempotency-Key\`. |

## Pages

A response has the body \`{"data": ...}\`. A list that can grow is returned in pages, with \`{"data": [...], "meta": {...}}\`.
\`limit\` sets the size of a page: 1 to 100, and 20 by default. A page can have fewer rows although more follow.

Most lists are read by cursor. While \`meta.hasMore\` is true, request the next page with \`cursor\` set to \`meta.nextCursor\`, or
follow the URL in the \`Link\` header with \`rel="next"\`. Rows that are added or removed meanwhile make you neither miss nor
repeat another row. A cursor is opaque: do not take it apart.

Lists for administrators are read by number: \`page\` counts from 1, and \`meta.total\` is the number of all rows.

## Idempotency

If the response to a request got lost, you do not know whether the request took effect. \`GET\`, \`PUT\`, \`PATCH\` and \`DELETE\`
can be repeated. A repeated \`POST\` could create a second resource. To prevent that, send a header with a value that you choose, such as a
UUID:

\`\`\`http
Idempotency-Key: 3f0c1c53-6d7b-4d0a-9c55-2a1f4b1c7d11
\`\`\`

For 24 hours, a repetition with the same key and the same input gets the first response again, with
\`Idempotency-Replayed: true\`, and has no second effect. The same key with another input is answered with 422. While the first
request runs, a repetition is answered with 409 and \`Retry-After\`. A request that failed is not stored, so you can send it
again with the same key. Operations that accept the header list it. Responses that contain secrets are never stored.

## Concurrent changes

Resources that can change have a \`version\`, and their responses have an \`ETag\`. Send one of them as \`If-Match\` when you change
the resource. If somebody else has changed it since you read it, the request is answered with 412, and nothing is
overwritten. With \`If-None-Match\`, a read is answered with 304 and without a body as long as your copy is current.

## Limits

Each response names the limits that it counts for. \`RateLimit-Policy: "auth.login";q=20;w=60\` allows 20 requests in 60 seconds,
and \`RateLimit: "auth.login";r=17;t=42\` says that 17 remain, and that the count starts anew in 42 seconds. Beyond a limit the
response is 429, with \`Retry-After\` in seconds. Operations that check passwords or send mail have lower limits.

A request may have a JSON body of at most 256 KiB, headers of at most 16 KiB, and 30 seconds to arrive. Keys that an operation
does not name are rejected.

## Versions

\`info.version\` in the OpenAPI document is the version of the API, by the rules of Semantic Versioning. Before 1.0, a change
that breaks clients raises the second number, and afterwards the first. The changelog names each of them.

These changes break clients: an operation, a field or a response is removed or renamed; an input becomes required, or accepts
less than before; a response can have a value that it could not have before. Everything else can happen at any time: new
operations, new optional inputs, new fields and headers in responses. Write clients so that they ignore fields that they do
not know.
`
