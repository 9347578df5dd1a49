import { escapeHtml } from '../escape-html.js'

/** The content of a mail, from which text and HTML are created. */
export interface MailContent {
  /** The name of the application. */
  title: string
  name: string
  paragraphs: readonly string[]
  action?: { label: string; url: string }
  /** The last paragraph, in a smaller font: what to do if the mail was not expected. */
  reassurance: string
}

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const paragraphStyle = 'margin:0 0 16px;font-size:16px;line-height:24px;color:#1f2933'
const buttonStyle =
  'display:inline-block;padding:12px 20px;border-radius:6px;background:#1d4ed8;color:#ffffff;font-weight:600;text-decoration:none'
const smallStyle = 'margin:0 0 12px;font-size:13px;line-height:20px;color:#52606d'

/** Creates the plain text of a mail. */
export function layoutText({ title, name, paragraphs, action, reassurance }: MailContent): string {
  const link = action ? [`${action.label}:\n${action.url}`] : []
  return `${[greet(name), ...paragraphs, ...link, reassurance, title].join('\n\n')}\n`
}

/** Creates the HTML of a mail, with inline styles as mail programs require. All content is escaped. */
export function layoutHtml({ title, name, paragraphs, action, reassurance }: MailContent): string {
  const body = [greet(name), ...paragraphs].map((text) => paragraph(paragraphStyle, text)).join('\n')
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;padding:24px;background:#f5f7fa;${font}">
<div style="max-width:520px;margin:0 auto;padding:32px;border-radius:8px;background:#ffffff">
<p style="margin:0 0 24px;font-size:18px;font-weight:700;color:#102a43">${escapeHtml(title)}</p>
${body}
${action ? button(action) : ''}
${paragraph(smallStyle, reassurance)}
</div>
</body>
</html>
`
}

// A name is only repeated if it looks like one and contains no link. Otherwise the greeting has no name.
const likeAName = /^(?!.*\.\S)[\p{L}\p{M}\p{N} .,'’()-]{1,80}$/u

function greet(name: string): string {
  return likeAName.test(name) ? `Hello ${name},` : 'Hello,'
}

function paragraph(style: string, text: string): string {
  return `<p style="${style}">${escapeHtml(text)}</p>`
}

function button({ label, url }: { label: string; url: string }): string {
  const href = escapeHtml(url)
  return `<p style="margin:24px 0"><a href="${href}" style="${buttonStyle}">${escapeHtml(label)}</a></p>
<p style="${smallStyle}">If the button does not work, open this link:<br><a href="${href}" style="color:#1d4ed8;word-break:break-all">${href}</a></p>`
}
