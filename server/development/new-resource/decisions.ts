import type { ResourceRequest } from './request.js'

/** What the command cannot know, as lines for the terminal. */
export function remainingDecisions({ noun: { plural }, parent, by }: ResourceRequest): string[] {
  const folder = `server/features/${plural.kebab}`
  const visible = `visible${plural.pascal}`
  return [
    'What remains to decide:',
    `  - The fields. "${[...(by === undefined ? [] : [by]), 'body'].join('" and "')}" ${by === undefined ? 'is an example' : 'are examples'}: change them in prisma/schema.prisma, in`,
    `    ${folder}/schema.ts, in the select of service.ts and in the tests. If you change the model,`,
    '    write a second migration with: npm run migrate:new -- NAME (npm run dev may have applied the first one)',
    `  - Who may see ${plural.prose}. ${visible} in ${folder}/service.ts says: ${parent === undefined ? 'everybody' : 'whoever sees the parent'}.`,
    '  - Who may change them. The router says: their author; admins only restore. ownerProcedure lets admins change all,',
    '    and docs/guides/beyond-one-table.md shows how to record that in the audit trail.',
    `  - What the export of an account contains of them, and what is erased with it: ownRows and eraseOwnRows in service.ts.`,
    '  - Whether API keys may call it. They may not, until a procedure of the router declares a scope.',
    ...(by === undefined
      ? []
      : [`  - Whether the slug follows a changed ${by}. It stays as it is, so that links remain valid.`]),
    '',
    `Read the migration, then: npm run openapi:examples && npm run openapi && npm run check && npm test -- ${folder}`,
    `npm run dev applies the migration. To take everything back, delete the new files and run: git checkout -- .`,
  ]
}
