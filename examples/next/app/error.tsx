'use client'

export default function Failure({ reset }: { reset(): void }) {
  return (
    <>
      <h1>That did not work</h1>
      <p className="lead">The server does not answer, or something unexpected has happened.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </>
  )
}
