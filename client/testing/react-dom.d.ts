// What the tests use of react-dom. Its own types, as a package, are written into the lock file in different ways by
// npm 10 and npm 11, so that one of the two would change the file at every installation.
declare module 'react-dom' {
  export function flushSync(run: () => void): void
}

declare module 'react-dom/client' {
  import type { ReactNode } from 'react'

  export interface Root {
    render(children: ReactNode): void
    unmount(): void
  }

  export function createRoot(container: Element): Root
  export function hydrateRoot(container: Element, children: ReactNode): Root
}

declare module 'react-dom/server' {
  import type { ReactNode } from 'react'

  export function renderToString(element: ReactNode): string
}
