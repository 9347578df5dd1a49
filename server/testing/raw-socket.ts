import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Opens a connection to a server on this machine. Errors end the connection without an exception. */
export async function openSocket(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  await once(socket, 'connect').catch(() => {})
  return socket
}

/** Sends raw text, with line feeds as CR LF, and returns all data until the server closes the connection. */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = await openSocket(port)
  socket.write(text.replaceAll('\n', '\r\n'), 'latin1')
  return received(socket)
}

/** All data of a connection until the server closes it. */
export async function received(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString()
  })
  await once(socket, 'close')
  return text
}

/** Waits for that amount of text, and returns it; the connection stays open. */
export async function receivedUntil(socket: Socket, isEnough: (text: string) => boolean): Promise<string> {
  let text = ''
  while (!isEnough(text)) {
    const [chunk] = await once(socket, 'data')
    text += String(chunk)
  }
  return text
}
