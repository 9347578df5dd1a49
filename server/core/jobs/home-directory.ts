import { homedir } from 'node:os'

// graphile-worker asks for the home directory as soon as it is loaded. Without HOME, that fails for a user id without an
// entry in /etc/passwd, as containers use it, and would end the process. The queue needs no file there.
try {
  homedir()
} catch {
  process.env.HOME = '/'
}
