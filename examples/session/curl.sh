#!/usr/bin/env bash
# A session with the REST transport, from login to restore. Start the server with `npm run dev`, then:
#
#   API_URL=http://localhost:3000 examples/session/curl.sh
#
# It needs curl and Node.js, and exits with 1 at the first answer that is not the expected one.
set -euo pipefail
url=${API_URL:-http://localhost:3000}
token=

# call STATUS METHOD PATH [JSON] [HEADER]: sends a request, shows it, and puts the answer into $body.
call() {
  local expected=$1 method=$2 path=$3 json=${4-} header=${5-} answer
  local -a options=(--silent --show-error --request "$method" --write-out '\n%{http_code}')
  [[ -z $token ]] || options+=(--header "Authorization: Bearer $token")
  [[ -z $json ]] || options+=(--header 'Content-Type: application/json' --data "$json")
  [[ -z $header ]] || options+=(--header "$header")
  answer=$(curl "${options[@]}" "$url$path")
  status=${answer##*$'\n'} body=${answer%$'\n'*}
  printf '  %s %s %s -> %s\n' "$method" "$path" "$header" "$status"
  [[ $status == "$expected" ]] || fail "the status is not $expected: $body"
}

# read_json EXPRESSION: reads a value out of the last answer, such as `data.id`.
read_json() { node -pe "(JSON.parse(process.argv[1])).$1" "$body"; }

expect() { [[ $2 == "$3" ]] || fail "$1 is '$2', not '$3'"; }
step() { printf '\n%s\n' "$1"; }
fail() {
  printf 'FAILED: %s\n' "$1" >&2
  exit 1
}

step 'Log in. Send the access token in the Authorization header of the following requests.'
call 200 POST /api/auth/login '{"email":"ada@example.com","password":"demo-user-passphrase"}'
token=$(read_json data.accessToken)
refresh_token=$(read_json data.refreshToken)
call 200 GET /api/users/me
expect 'the address' "$(read_json data.email)" ada@example.com

step 'Create a post. It is a draft until it is published.'
word="harbour$RANDOM$RANDOM"
call 201 POST /api/posts "{\"title\":\"The $word at dawn\",\"body\":\"Nothing moves but the light.\"}"
post=$(read_json data.id)
expect 'the state' "$(read_json data.status)" draft
expect 'the version' "$(read_json data.version)" 1

step 'List the newest posts, five at a time. The cursor of a page selects the next page.'
call 200 GET '/api/posts?limit=5'
first_page=$(read_json 'data.map((post) => post.id).join(" ")')
call 200 GET "/api/posts?limit=5&cursor=$(read_json meta.nextCursor)"
for id in $(read_json 'data.map((post) => post.id).join(" ")'); do
  [[ $first_page != *"$id"* ]] || fail 'a post stands on both pages'
done

step 'Search. Only the author finds a draft.'
call 200 GET "/api/posts?q=$word"
expect 'the number of posts found' "$(read_json data.length)" 1
author_token=$token token=
call 200 GET "/api/posts?q=$word"
expect 'the number of posts found by a stranger' "$(read_json data.length)" 0
token=$author_token

step 'Update the post with the version that was read. A second update with the same version is rejected.'
call 200 PATCH "/api/posts/$post" '{"body":"Nothing moves but the gulls."}' 'If-Match: "1"'
call 412 PATCH "/api/posts/$post" '{"body":"Nothing moves at all."}' 'If-Match: "1"'
expect 'the code' "$(read_json error.code)" VERSION_MISMATCH

step 'Publish it.'
call 200 PATCH "/api/posts/$post" '{"status":"published"}' 'If-Match: "2"'
expect 'the state' "$(read_json data.status)" published

step 'Delete it. It is hidden for everyone, and only an admin can restore it.'
call 204 DELETE "/api/posts/$post"
call 404 GET "/api/posts/$post"
expect 'the code' "$(read_json error.code)" NOT_FOUND
call 403 POST "/api/posts/$post/restore"
expect 'the code' "$(read_json error.code)" FORBIDDEN

step 'Log out. The session ends on the server, and its refresh token becomes invalid.'
call 204 POST /api/auth/logout "{\"refreshToken\":\"$refresh_token\"}"
token=
call 401 POST /api/auth/refresh "{\"refreshToken\":\"$refresh_token\"}"
expect 'the code' "$(read_json error.code)" INVALID_TOKEN

step 'Restore the post as an admin.'
call 200 POST /api/auth/login '{"email":"admin@example.com","password":"demo-admin-passphrase"}'
token=$(read_json data.accessToken)
call 200 POST "/api/posts/$post/restore"
call 200 GET "/api/posts/$post"
expect 'the state' "$(read_json data.status)" published

printf '\nEvery answer was the expected one.\n'
