'use client'

export default function Failure({ retry }: { retry(): void }) {
  return (
    <>
      <title>That did not work</title>
      <h1>That did not work</h1>
      <p className="lead">The server does not answer, or something unexpected has happened.</p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </>
  )
}
