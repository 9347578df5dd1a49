import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'

/** A mail server that stores the mails. */
export interface MailServer {
  url: string
  /** The text of each mail, oldest first. */
  mails: string[]
  /** Makes it respond to each mail only after so many milliseconds. */
  dawdle(ms: number): void
  close(): void
}

export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = []
  let dawdleMs = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      let mail = ''
      stream.setEncoding('latin1').on('data', (chunk: string) => {
        mail += chunk
      })
      stream.on('end', () => {
        mails.push(decode(mail))
        setTimeout(done, dawdleMs)
      })
    },
  })
  // Killed servers break their connections.
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const address = server.server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    dawdle(ms) {
      dawdleMs = ms
    },
    close: () => server.close(),
  }
}

// Quoted-printable breaks lines, and encodes its own escape character.
function decode(mail: string): string {
  return mail.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')
}
