interface Served {
  /** The name of the application. */
  title: string
  publicUrl: string
  /** The URL of the frontend that runs beside the server, if there is one. */
  frontendUrl: string | undefined
  databaseUrl: string
  hasDemoUsers: boolean
}

/** The lines that the development server prints when it has started. */
export function describeServer({ title, publicUrl, frontendUrl, databaseUrl, hasDemoUsers }: Served): string {
  const lines = [
    ['API', `${publicUrl}  (tRPC below /trpc, REST below /api)`],
    ['Docs', `${publicUrl}/docs`],
    ['Mailbox', `${publicUrl}/dev/mailbox`],
    ['Database', databaseUrl],
    ...(hasDemoUsers
      ? [
          ['Admin', 'admin@example.com  demo-admin-passphrase'],
          ['User', 'ada@example.com  demo-user-passphrase'],
        ]
      : []),
  ].map(([label = '', value]) => `  ${label.padEnd(10)}${value}`)
  return [
    '',
    `${title} runs at ${frontendUrl ?? publicUrl}`,
    '',
    ...lines,
    '',
    'The server restarts when a file is saved. Press Ctrl-C to stop everything.',
    '',
  ].join('\n')
}
