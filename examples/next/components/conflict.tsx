import { useEffect, useRef } from 'react'
import { Action } from './action'
import type { OtherText, Text } from './editor'

interface ConflictProps {
  /** What is in the form. */
  text: Text
  other: OtherText
  onExchange(): void
  onAdd(lines: string): void
}

/** Shows the other text beside the form, with the lines marked that the form lacks. */
export function Conflict({ text, other, onExchange, onAdd }: ConflictProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const written = new Set(text.body.split('\n').map((line) => line.trim()))
  const lines = other.body.split('\n').map((line) => ({ line, isNew: !written.has(line.trim()) }))
  const added = lines.filter(({ isNew }) => isNew).map(({ line }) => line)
  return (
    <section className="conflict" aria-labelledby="conflict">
      <h2 id="conflict" ref={heading} tabIndex={-1}>
        Someone saved this post while you were writing
      </h2>
      <p>
        Nothing is lost: your text is in the form, and {other.isOwn ? 'what you wrote' : 'the saved one'} is here. What
        the form lacks is marked. “Save” keeps what is in the form.
      </p>
      <p className="actions">
        <Action text={other.isOwn ? 'Back to my text' : 'Use the saved text'} run={onExchange} />
        {added.length > 0 && <Action text="Add the marked lines to the form" run={() => onAdd(added.join('\n'))} />}
      </p>
      <div className="other">
        <h3>{other.title === text.title ? other.title : <mark>{other.title}</mark>}</h3>
        {lines.map(({ line, isNew }, index) => (
          <p key={index}>{isNew ? <mark>{line}</mark> : line}</p>
        ))}
      </div>
    </section>
  )
}
