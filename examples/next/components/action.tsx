'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { explain } from '#lib/words'

interface ActionProps {
  text: string
  /** The question that the browser asks first, where a press alone must not be enough. */
  confirm?: string
  /** Tells apart buttons of the same text, such as the person of a row. */
  of?: string
  run(): Promise<unknown>
}

/** A button that changes something, says what went wrong, and has everything that is shown read again. */
export function Action({ text, confirm, of, run }: ActionProps) {
  const cache = useQueryClient()
  const { mutate, isPending, error } = useMutation({ mutationFn: run, onSettled: () => cache.invalidateQueries() })
  const press = () => !isPending && (!confirm || window.confirm(confirm)) && mutate()
  return (
    <>
      <button type="button" aria-disabled={isPending} onClick={press}>
        {text}
        {of && <span className="hidden"> {of}</span>}
      </button>
      {error && (
        <span className="fault" role="alert">
          {explain(error)}
        </span>
      )}
    </>
  )
}
