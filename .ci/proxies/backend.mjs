// The service behind: it answers everything, changes to any protocol that it is asked for, and remembers what reached it.
import { createHash } from 'node:crypto'
import http from 'node:http'
import { once } from 'node:events'

export class Backend {
  seen = []
  waiting = []

  async start() {
    this.server = http.createServer({ maxHeaderSize: 512 * 1024, insecureHTTPParser: false }, (request, response) => {
      const { method, url, rawHeaders } = request
      const entry = { method, url, headers: pairs(rawHeaders), body: '' }
      this.seen.push(entry)
      request.on('data', (data) => { entry.body += data; this.waiting.splice(0).forEach((resolve) => resolve()) })
      request.on('end', () => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(entry))
      })
    })
    this.server.on('upgrade', (request, socket) => {
      this.seen.push({ method: request.method, url: request.url, headers: pairs(request.rawHeaders), body: '', upgrade: true })
      socket.on('error', () => {})
      // Some proxies compare the protocol with the one that they asked for, and check the answer to the key (RFC 6455 §4.2.2).
      const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
      socket.on('data', () => socket.write('pong'))
    })
    this.server.keepAliveTimeout = 120_000
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = this.server.address().port
  }

  /** Resolves at the next part of a body. */
  nextPart() { return new Promise((resolve) => this.waiting.push(resolve)) }

  /** What reached it since the last call. */
  take() { return this.seen.splice(0) }

  stop() { this.server.closeAllConnections(); this.server.close() }
}

function pairs(raw) {
  const list = []
  for (let index = 0; index < raw.length; index += 2) list.push([raw[index], raw[index + 1]])
  return list
}

/** The header as a backend may read it: by any spelling. */
export function identity(entry) {
  const found = {}
  for (const [name, value] of entry.headers) {
    const read = name.toLowerCase().replaceAll('_', '-')
    if (read.startsWith('x-cognito')) (found[read] ??= []).push(value)
  }
  return found
}
