'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { explain } from '#lib/words'

interface ActionProps {
  text: string
  /** The question that a second press answers, where the first one must not be enough. */
  confirm?: string
  /** Tells apart buttons of the same text, such as the person of a row. */
  of?: string
  run(): unknown
}

/** A button that changes something, says what went wrong, and has everything that is shown read again. */
export function Action({ text, confirm, of, run }: ActionProps) {
  const cache = useQueryClient()
  const [state, setState] = useState<'idle' | 'asked' | 'busy'>('idle')
  const [fault, setFault] = useState<string>()

  async function press() {
    if (state === 'busy') return
    if (confirm && state === 'idle') return setState('asked')
    setState('busy')
    try {
      await run()
      setFault(undefined)
    } catch (error) {
      setFault(explain(error))
    }
    setState('idle')
    await cache.invalidateQueries()
  }

  return (
    <>
      <button
        type="button"
        className={state === 'asked' ? 'sure' : undefined}
        aria-disabled={state === 'busy'}
        onClick={() => void press()}
        onBlur={() => state === 'asked' && setState('idle')}
      >
        {state === 'asked' ? confirm : text}
        {of && <span className="hidden"> {of}</span>}
      </button>
      {fault && (
        <span className="fault" role="alert">
          {fault}
        </span>
      )}
    </>
  )
}
