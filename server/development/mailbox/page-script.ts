/** Sends the token of the page's address and the fields of the form to the API, and shows the result. */
export const devPageScript = `
const form = document.getElementById('link-form')
const outcome = document.getElementById('outcome')
const token = new URLSearchParams(location.search).get('token') ?? ''

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const input = { token, ...Object.fromEntries(new FormData(form)) }
  outcome.textContent = 'Sending…'
  try {
    const response = await fetch(form.dataset.action, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
    if (response.ok) form.hidden = true
    outcome.textContent = response.ok ? form.dataset.done : explain((await response.json()).error)
  } catch {
    outcome.textContent = 'The server did not respond.'
  }
})

function explain({ message, details = [] }) {
  return [message, ...details.map((detail) => detail.message)].join(' ')
}
`
