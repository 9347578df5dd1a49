import type { FastifyInstance } from 'fastify'
import { htmlPage } from '../pages/html.js'
import { devPageScript } from './page-script.js'

/**
 * The pages for links in mails, as a frontend would have them. Only the POST of the form uses the token, never a GET.
 */
export async function devPages(app: FastifyInstance): Promise<void> {
  for (const [path, html] of Object.entries(pages)) {
    app.get(path, (_request, reply) => reply.type('text/html; charset=utf-8').send(html))
  }
  app.get('/dev/pages.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(devPageScript))
}

const passwordField = `<p><label for="password">New password</label>
<input id="password" name="password" type="password" required autocomplete="new-password" aria-describedby="outcome"></p>`

const pages = {
  '/verify-email': formPage({
    title: 'Verify your address',
    action: 'api/auth/verify-email',
    button: 'Verify',
    done: 'Your address is verified. You can log in.',
  }),
  '/confirm-email-change': formPage({
    title: 'Confirm your new address',
    action: 'api/auth/email-change/confirm',
    button: 'Confirm',
    done: 'The new address is confirmed. Use it to log in from now on.',
  }),
  '/reset-password': formPage({
    title: 'Choose a new password',
    action: 'api/auth/password-reset/confirm',
    fields: passwordField,
    button: 'Save the password',
    done: 'Your password is saved. You can log in.',
  }),
  '/accept-invitation': formPage({
    title: 'Choose a password',
    action: 'api/auth/password-reset/confirm',
    fields: passwordField,
    button: 'Save the password',
    done: 'Your password is saved. You can log in.',
  }),
}

interface FormPage {
  title: string
  action: string
  fields?: string
  button: string
  done: string
}

function formPage({ title, action, fields = '', button, done }: FormPage): string {
  return htmlPage({
    title,
    body: `<main>
<h1>${title}</h1>
<p class="soft">In production this page belongs to your frontend, at <code>APP_URL</code>.</p>
<form id="link-form" data-action="${action}" data-done="${done}">
${fields}
<button type="submit">${button}</button>
</form>
<p id="outcome" role="status"></p>
<p><a href="./">Home</a> · <a href="dev/mailbox">Mailbox</a></p>
<script src="dev/pages.js" defer></script>
</main>`,
  })
}
