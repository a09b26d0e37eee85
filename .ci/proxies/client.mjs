// Requests as bytes, so that no client mends them.
import http2 from 'node:http2'
import net from 'node:net'

/** Sends one request and reads the whole answer. Headers are `[name, value]` pairs. */
export function send(port, { method = 'GET', target = '/', headers = [], body = '', wait = 40_000 } = {}) {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: api.example', ...headers.map(([name, value]) => `${name}: ${value}`)]
  const named = (name) => headers.some(([given]) => given.toLowerCase() === name)
  if (!named('connection')) lines.push('Connection: close')
  if (body && !named('content-length') && !named('transfer-encoding')) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return exchange(port, `${lines.join('\r\n')}\r\n\r\n${body}`, wait)
}

export function exchange(port, bytes, wait = 40_000) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const chunks = []
    const finish = () => { clearTimeout(timer); socket.destroy(); resolve(parsed(Buffer.concat(chunks))) }
    const timer = setTimeout(finish, wait)
    socket.on('connect', () => socket.write(Buffer.from(bytes, 'utf8')))
    socket.on('data', (data) => { chunks.push(data); if (isWhole(Buffer.concat(chunks))) finish() })
    socket.on('error', finish)
    socket.on('close', finish)
  })
}

function isWhole(answer) {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = answer.subarray(0, end).toString('latin1')
  const length = head.match(/^content-length: *(\d+)/im)
  if (length) return answer.length >= end + 4 + Number(length[1])
  return /^transfer-encoding: *chunked/im.test(head) && answer.subarray(end).includes('0\r\n\r\n')
}

function parsed(answer) {
  const text = answer.toString('utf8')
  const [head, ...rest] = text.split('\r\n\r\n')
  const [first, ...lines] = head.split('\r\n')
  const headers = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return { status: Number(first.split(' ')[1]) || 0, headers, body: rest.join('\r\n\r\n') }
}

/** One request over HTTP/2 without TLS. */
export function send2(port, headers, body) {
  return new Promise((resolve) => {
    const session = http2.connect(`http://127.0.0.1:${port}`)
    const finish = (answer) => { clearTimeout(timer); session.destroy(); resolve(answer) }
    const timer = setTimeout(() => finish({ status: 0, headers: {}, body: 'no answer' }), 20_000)
    session.on('error', (error) => finish({ status: 0, headers: {}, body: String(error) }))
    const stream = session.request({ ':authority': 'api.example', ...headers }, { endStream: !body })
    let answer = { status: 0, headers: {}, body: '' }
    stream.on('response', (given) => { answer = { status: given[':status'], headers: given, body: '' } })
    stream.on('data', (data) => { answer.body += data })
    stream.on('end', () => finish(answer))
    stream.on('error', (error) => finish({ status: 0, headers: {}, body: String(error) }))
    if (body) stream.end(body)
  })
}

/** A handshake for a WebSocket, or for the protocols of these `Upgrade` headers, and bytes back and forth. */
export function upgrade(port, target, headers, { protocols = ['websocket'], connection = 'Upgrade' } = {}) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const asked = protocols.map((protocol) => `Upgrade: ${protocol}`)
    const lines = [`GET ${target} HTTP/1.1`, 'Host: api.example', `Connection: ${connection}`, ...asked, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', ...headers.map(([name, value]) => `${name}: ${value}`)]
    let text = ''
    let status = 0
    const finish = () => { clearTimeout(timer); socket.destroy(); resolve({ status, echoed: text.includes('pong') }) }
    const timer = setTimeout(finish, 10_000)
    socket.on('connect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (!status && text.includes('\r\n\r\n')) {
        status = Number(text.split(' ')[1])
        if (status !== 101) return finish()
        // Not frames: a proxy passes bytes on.
        socket.write('ping')
      }
      if (text.includes('pong')) finish()
    })
    socket.on('error', finish)
    socket.on('close', finish)
  })
}

/**
 * The same over HTTP/2, from its frames, because Node's client sends no `Upgrade` there. `fields` are the header fields of a request. The
 * value is whether bytes pass.
 */
export function upgrade2(port, fields) {
  const frame = (type, flags, stream, payload = Buffer.alloc(0)) => {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head.writeUInt8(type, 3)
    head.writeUInt8(flags, 4)
    head.writeUInt32BE(stream, 5)
    return Buffer.concat([head, payload])
  }
  const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')])
  // Fields without indexing and Huffman codes (RFC 7541 §6.2.2).
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
  const isConnect = fields.some(([, value]) => value === 'CONNECT')
  const [DATA, HEADERS, SETTINGS, RST_STREAM, GOAWAY, END_STREAM, END_HEADERS] = [0, 1, 4, 3, 7, 1, 4]
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    let received = Buffer.alloc(0)
    const finish = () => { clearTimeout(timer); socket.destroy(); resolve(received.includes('pong')) }
    const timer = setTimeout(finish, 10_000)
    socket.on('connect', () => socket.write(Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0),
      frame(HEADERS, END_HEADERS | (isConnect ? 0 : END_STREAM), 1, block),
    ])))
    socket.on('data', (data) => {
      received = Buffer.concat([received, data])
      const frames = []
      for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
        frames.push({ type: received[at + 3], ends: received[at + 4] & END_STREAM })
      }
      if (received.includes('pong')) return finish()
      if (frames.some(({ type, ends }) => [RST_STREAM, GOAWAY].includes(type) || ([DATA, HEADERS].includes(type) && ends))) return finish()
      if (isConnect && frames.some(({ type }) => type === HEADERS)) socket.write(frame(DATA, 0, 1, Buffer.from('ping')))
    })
    socket.on('error', finish)
    socket.on('close', finish)
  })
}

/** A body in two chunks; the second is sent once `seen` resolves. Whether the first was passed on before the end. */
export function streamed(port, target, headers, seen) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const lines = [`POST ${target} HTTP/1.1`, 'Host: api.example', 'Connection: close', 'Transfer-Encoding: chunked', ...headers.map(([name, value]) => `${name}: ${value}`)]
    let text = ''
    let passedOn = false
    const finish = () => { clearTimeout(timer); socket.destroy(); resolve({ status: Number(text.split(' ')[1]) || 0, passedOn }) }
    const timer = setTimeout(finish, 10_000)
    socket.on('connect', () => {
      socket.write(`${lines.join('\r\n')}\r\n\r\n5\r\nfirst\r\n`)
      seen.then(() => { passedOn = true; socket.write('6\r\nsecond\r\n0\r\n\r\n') })
    })
    socket.on('data', (data) => { text += data.toString('latin1'); if (text.includes('\r\n\r\n')) finish() })
    socket.on('error', finish)
    socket.on('close', finish)
  })
}
