// Follows docs/guides/add-a-role.md on a copy, block by block: applies each diff and runs each command. Then the access
// matrix must allow the new role what the guide says, and nothing else.
import { withCopy } from './guide.mjs'

const guide = 'docs/guides/add-a-role.md'

withCopy((copy) => {
  const before = countForbidden(copy)
  for (const [, kind, text] of copy.read(guide).matchAll(/^```(diff|sh)\n([^]*?)^```$/gm)) {
    if (kind === 'diff') copy.change(text)
    else copy.run(text)
  }
  copy.run(
    'npx vitest run --project suite server/access-matrix.test.ts server/features/users/schema.test.ts --reporter=dot',
  )
  if (countForbidden(copy) !== before) throw new Error('openapi.json does not say where a call is forbidden as it did.')
  console.log('A role can be added as the guide says.')
})

function countForbidden({ read }) {
  return read('docs/openapi.json').split('"#/components/responses/Forbidden"').length
}
