import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { Mailer } from '../../core/mail/mailer.js'
import { codeOf } from '../../core/unknown-values.js'

const mailboxEntry = z.object({
  id: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  sentAt: z.iso.datetime(),
})

/** A mail in the development mailbox. */
export type MailboxEntry = z.output<typeof mailboxEntry>

interface Mailbox extends Mailer {
  /** The mails, newest first. */
  list(): Promise<MailboxEntry[]>
}

const kept = 200

/**
 * The development mailbox: a file of JSON lines in the data folder that only its owner can read. It contains the newest
 * 200 mails with their links, also after a restart.
 */
export function createMailbox(dataDir: string): Mailbox {
  const file = path.join(dataDir, 'mailbox.jsonl')
  return {
    async send({ id, to, subject, text, html }) {
      const entry: MailboxEntry = { id, to, subject, text, html, sentAt: new Date().toISOString() }
      await mkdir(dataDir, { recursive: true })
      await appendFile(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
      await trim(file)
    },
    list: async () => (await readLines(file)).flatMap(parseLine).toReversed().slice(0, kept),
    close: () => {},
  }
}

async function trim(file: string): Promise<void> {
  const lines = await readLines(file)
  if (lines.length < 2 * kept) return
  await writeFile(`${file}.new`, `${lines.slice(-kept).join('\n')}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n').filter(Boolean)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

// If the process is killed while it writes, the last line is incomplete.
function parseLine(line: string): MailboxEntry[] {
  try {
    return [mailboxEntry.parse(JSON.parse(line))]
  } catch {
    return []
  }
}
