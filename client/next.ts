export { cursorPages } from './cursor-pages.js'
export { getApi } from './next-api.js'
export { Hydrate, prefetch } from './next-prefetch.js'
export { type SessionProxyOptions, sessionProxy } from './next-proxy.js'
