/** The style of the server's own pages. Colours have a contrast of at least 4.5 to 1. */
export const pageStyle = `
:root { color-scheme: light dark; --bg: #f7f7f4; --card: #fff; --ink: #1c2321; --soft: #56605c; --line: #dcdfd9;
  --accent: #0b6b52; --on-accent: #fff; --code: #f0f2ee }
@media (prefers-color-scheme: dark) { :root { --bg: #131716; --card: #1b201f; --ink: #e8ece9; --soft: #a3ada8;
  --line: #323a37; --accent: #6fd3b2; --on-accent: #0d2b22; --code: #141918 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
main { max-width: 58rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { margin: 0 0 .25rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.02em }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem }
h3, .card h2 { margin: 0; font-size: .95rem }
p { margin: 0 0 1rem }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.soft { color: var(--soft) }
.links { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .75rem; padding: 0;
  margin: 1.5rem 0; list-style: none }
.links a, .card { display: block; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--card) }
.links a { height: 100%; text-decoration: none; color: inherit }
.links a:hover { border-color: var(--accent) }
.links strong { display: block; color: var(--accent) }
.card { margin: 0 0 1rem; padding: 0; overflow: hidden }
.card header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: .25rem 1rem;
  padding: .6rem 1rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
.card time { white-space: nowrap }
.card summary { padding: .6rem 1rem; cursor: pointer }
.card iframe { display: block; width: 100%; height: 34rem; border: 0; background: #fff }
.card > p { margin: .75rem 1rem }
pre { margin: 0; padding: 1rem; overflow-x: auto; background: var(--code); font-size: .85rem; line-height: 1.6 }
pre.wraps { white-space: pre-wrap; overflow-wrap: anywhere }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
button { padding: .3rem .8rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--card);
  color: var(--ink); font: inherit; font-size: .85rem; cursor: pointer }
button:hover { border-color: var(--accent) }
label { display: block; margin-bottom: .25rem; font-weight: 600 }
input { width: 100%; max-width: 24rem; padding: .55rem .7rem; border: 1px solid var(--soft); border-radius: .4rem;
  background: var(--card); color: var(--ink); font: inherit }
button[type=submit] { padding: .5rem 1.1rem; border-color: transparent; background: var(--accent);
  color: var(--on-accent); font-size: 1rem; font-weight: 600 }
button[type=submit]:hover { text-decoration: underline }
form { margin: 1.5rem 0 1rem }
table { width: 100%; border-collapse: collapse }
th, td { padding: .5rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
`

/** Buttons with `data-copy="ID"` copy the text of that element, and confirm it. */
export const pageScript = `
for (const button of document.querySelectorAll('button[data-copy]')) {
  const label = button.textContent
  const say = (text) => {
    button.textContent = text
    setTimeout(() => { button.textContent = label }, 1500)
  }
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy)
    try {
      await navigator.clipboard.writeText(source.textContent)
      say('Copied')
    } catch {
      getSelection().selectAllChildren(source)
      say('Selected')
    }
  })
}
`
