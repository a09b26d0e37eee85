// An authorizer that answers as it is told, over HTTP and gRPC, and remembers what it was asked: what a proxy makes of each answer.
import http from 'node:http'
import http2 from 'node:http2'
import { once } from 'node:events'
import { checkRequest, okResponse } from './protobuf.mjs'

export const NAMES = ['subject', 'client-id', 'username', 'scope', 'groups', 'token-use', 'claims'].map((name) => `x-cognito-${name}`)

/** Allowed answers: the identity headers that they carry. */
export const ALLOWED = {
  'identity headers': Object.fromEntries(NAMES.map((name) => [name, name === 'x-cognito-subject' ? 'ada' : ''])),
  'empty identity headers': Object.fromEntries(NAMES.map((name) => [name, ''])),
  'no identity headers': {},
}

/** Answers over HTTP that are not the authorizer's; none of them may let a request in. */
const HTTP_ERRORS = {
  'status 500': (response) => response.writeHead(500).end(),
  'status 502': (response) => response.writeHead(502).end('bad gateway'),
  'status 404': (response) => response.writeHead(404).end(),
  'status 302': (response) => response.writeHead(302, { location: 'http://evil.example/' }).end(),
  'status 407': (response) => response.writeHead(407).end(),
  closes: (response) => response.socket.destroy(),
  'not HTTP': (response) => response.socket.end('200 OK\r\n\r\n'),
  'a head that ends early': (response) => response.socket.end('HTTP/1.1 200 OK\r\nX-Cognito-Subject: evil'),
  'a head without an end': (response) => response.socket.write('HTTP/1.1 200 OK\r\nX-Cognito-Subject: evil\r\n'),
}

/** The same over gRPC. */
const GRPC_ERRORS = {
  'status INTERNAL': (stream) => fails(stream, 13),
  'status UNIMPLEMENTED': (stream) => fails(stream, 12),
  'status UNAVAILABLE': (stream) => fails(stream, 14),
  'status OK without a message': (stream) => fails(stream, 0),
  'HTTP status 500': (stream) => { stream.respond({ ':status': 500 }); stream.end() },
  'HTTP status 200 without gRPC': (stream) => { stream.respond({ ':status': 200, 'content-type': 'text/plain' }); stream.end('allowed') },
  resets: (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
  closes: (stream) => stream.session.destroy(),
  'not a message': (stream) => message(stream, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])),
  'a message that ends early': (stream) => { stream.respond(GRPC, { endStream: false }); stream.end(Buffer.from([0, 0, 0, 0, 40, 0x0a, 0x00])) },
  'an answer without an end': (stream) => stream.respond(GRPC),
}

export const errors = (grpc) => Object.keys(grpc ? GRPC_ERRORS : HTTP_ERRORS)

const GRPC = { ':status': 200, 'content-type': 'application/grpc' }

function fails(stream, status) {
  stream.respond({ ...GRPC, 'grpc-status': `${status}` }, { endStream: true })
}

function message(stream, bytes) {
  stream.respond(GRPC, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length, 1)
  stream.end(Buffer.concat([head, bytes]))
}

export class FakeAuthorizer {
  /** One of `ALLOWED`, or one of `errors(…)`. */
  behaviour = 'identity headers'
  /** What it was asked: `{ line, headers, body }` over HTTP, and the decoded message over gRPC. */
  asked = []
  #sessions = new Set()

  async start() {
    this.server = http.createServer((request, response) => {
      const headers = []
      for (let index = 0; index < request.rawHeaders.length; index += 2) headers.push([request.rawHeaders[index].toLowerCase(), request.rawHeaders[index + 1]])
      const entry = { method: request.method, target: request.url, headers, body: 0 }
      this.asked.push(entry)
      request.on('data', (data) => { entry.body += data.length })
      request.on('error', () => {})
      const allowed = ALLOWED[this.behaviour]
      if (allowed) response.writeHead(200, { ...allowed, 'content-length': 0 }).end()
      else HTTP_ERRORS[this.behaviour](response)
    })
    this.grpcServer = http2.createServer()
    this.grpcServer.on('session', (session) => {
      this.#sessions.add(session)
      session.on('error', () => {})
      session.on('close', () => this.#sessions.delete(session))
    })
    this.grpcServer.on('stream', (stream) => {
      const parts = []
      stream.on('error', () => {})
      stream.on('data', (data) => parts.push(data))
      stream.on('end', () => {
        this.asked.push(checkRequest(Buffer.concat(parts).subarray(5)))
        const allowed = ALLOWED[this.behaviour]
        if (allowed) message(stream, okResponse(allowed))
        else GRPC_ERRORS[this.behaviour](stream)
      })
    })
    this.server.keepAliveTimeout = 120_000
    for (const server of [this.server, this.grpcServer]) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    this.port = this.server.address().port
    this.grpc = this.grpcServer.address().port
  }

  /** What it was asked since the last call. */
  take() { return this.asked.splice(0) }

  stop() {
    this.server.closeAllConnections()
    this.server.close()
    for (const session of this.#sessions) session.destroy()
    this.grpcServer.close()
  }
}
