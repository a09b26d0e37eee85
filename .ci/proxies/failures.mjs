// The authorizer without keys, hanging, restarted under load, and gone.
import { once } from 'node:events'
import http from 'node:http'
import { identity } from './backend.mjs'
import { exchange, send } from './client.mjs'
import { start } from './proxies.mjs'
import { bearer, told } from './requests.mjs'
import { ready } from './scene.mjs'

export async function unavailable(context) {
  const { name, mode, scene, backend, report, expected } = context
  const config = scene.routesFile(`${name}-no-keys.toml`, { jwks: 'http://127.0.0.1:1/jwks.json' })
  const authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-no-keys`, config })
  const front = await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port })
  const probe = await fetch(`${authorizer.url}/readyz`)
  report.same('no keys: /readyz', `${probe.status}`, '503')
  const ask = (target, headers) => send(front.port, { target, headers, wait: 5_000 })
  backend.take()
  report.same('no keys: a token', told(await ask('/orders', [bearer(scene.tokens.read)])).replace(/after \d+/, 'after N'), expected.unavailable)
  report.same('no keys: no token', told(await ask('/orders', [])), expected.answer(401))
  if (backend.take().length) report.problem('no keys: something reached the service')
  report.same('no keys: open route', told(await ask('/health', [])), '200')
  backend.take()
  await front.stop()
  await authorizer.process.stop()
  await keysHang(context)
  if (mode === 'envoy') await failOpen(context)
}

/** An endpoint of keys that never answers: `--timeout` ends the check, and not the proxy, which may wait for much longer. */
async function keysHang({ name, mode, scene, backend, report, expected }) {
  const endpoint = http.createServer(() => {}).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  const config = scene.routesFile(`${name}-keys-hang.toml`, { jwks: `http://127.0.0.1:${endpoint.address().port}/jwks.json` })
  const authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-keys-hang`, config })
  const front = await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port })
  backend.take()
  const answer = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read)], wait: 5_000 })
  report.same('keys do not arrive: a token', answer.status ? told(answer).replace(/after \d+/, 'after N') : 'no answer within 5 s', expected.late ?? expected.unavailable)
  if (backend.take().length) report.problem('keys do not arrive: something reached the service')
  await front.stop()
  await authorizer.process.stop()
  endpoint.closeAllConnections()
  endpoint.close()
}

/** Envoy with `failure_mode_allow: true` instead of the printed `false`: what it lets in, and what the service is told then. */
async function failOpen({ name, mode, scene, backend, report, expected }) {
  const config = scene.routesFile(`${name}-no-keys.toml`, { jwks: 'http://127.0.0.1:1/jwks.json' })
  const edit = (text) => text.replaceAll('failure_mode_allow: false', 'failure_mode_allow: true')
  const ask = async (front, what) => {
    backend.take()
    const headers = `Host: api.example\r\nConnection: close\r\nX-Cognito-Subject: evil\r\nAuthorization: Bearer ${scene.tokens.read}\r\n`
    const answer = await exchange(front.port, `GET /orders HTTP/1.1\r\n${headers}\r\n`, 5_000)
    const entries = backend.take()
    const subjects = entries.flatMap((entry) => identity(entry)['x-cognito-subject'] ?? []).filter(Boolean)
    if (subjects.length) report.problem(`fails open, ${what}: the service was told ${subjects}`)
    report.same(`fails open, ${what}`, entries.length ? 'let in' : told(answer).replace(/after \d+/, 'after N'), expected.failsOpen[what])
  }
  for (const [what, more] of [['no keys', []], ['no keys, --when-unavailable 403', ['--when-unavailable', '403']]]) {
    const authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-fail-open`, config, more })
    const front = await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port, edit })
    await ask(front, what)
    if (more.length) {
      await authorizer.process.suspend()
      await ask(front, 'hangs')
      await authorizer.process.stop('SIGKILL')
      await ask(front, 'gone')
    }
    await front.stop()
    await authorizer.process.stop()
  }
  // The time-out is no part of this, and a busy machine must not let a request in by it.
  const patient = (text) => edit(text).replaceAll('0.25s', '5s').replace('codec_type: AUTO', 'codec_type: AUTO\n                max_request_headers_kb: 4096')
  await oddRequests({ scene, backend, report, edit: patient, name, mode })
}

/** Nothing that a client sends may become an error of the authorizer, which Envoy would take for leave to let the request in. */
async function oddRequests({ scene, backend, report, edit, name, mode }) {
  const authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-odd` })
  await ready(authorizer)
  const front = await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port, edit })
  const statuses = new Map()
  for (const odd of ['\xff', '\xc3(', '\xed\xa0\x80', '\x80'.repeat(20_000), '\xf4\x90\x80\x80', '\x01', '\0', '\x7f', '%ff']) {
    for (const [line, header] of [
      ['GET /orders HTTP/1.1', `X-Mine: ${odd}`],
      ['GET /orders HTTP/1.1', `Authorization: ${odd}`],
      ['GET /orders HTTP/1.1', `Authorization: Bearer ${odd}`],
      ['GET /orders HTTP/1.1', `Origin: ${odd}`],
      ['GET /orders HTTP/1.1', `Accept: ${odd}`],
      ['GET /orders HTTP/1.1', `Sec-Fetch-Site: ${odd}`],
      ['GET /orders HTTP/1.1', `Sec-WebSocket-Key: ${odd}`],
      ['GET /orders HTTP/1.1', `Sec-WebSocket-Version: ${odd}`],
      ['GET /orders HTTP/1.1', `X-${odd}: a`],
      ['GET /orders HTTP/1.1', `Host: ${odd}`],
      [`GET /orders?${odd} HTTP/1.1`, 'X-Mine: a'],
      [`GET /orders/${odd} HTTP/1.1`, 'X-Mine: a'],
      [`G${odd}T /orders HTTP/1.1`, 'X-Mine: a'],
    ]) {
      backend.take()
      const host = header.startsWith('Host') ? '' : 'Host: api.example\r\n'
      const { status } = await exchange(front.port, Buffer.from(`${line}\r\n${host}Connection: close\r\n${header}\r\n\r\n`, 'latin1'), 5_000)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (backend.take().length) report.problem(`fails open: ${JSON.stringify(`${line}, ${header}`.slice(0, 60))} reached the service without a token`)
    }
  }
  // More than the authorizer reads, over HTTP and over gRPC.
  for (const name of ['X-Mine', 'Authorization', 'Origin']) {
    const headers = [[name, 'a'.repeat(1_500_000)]]
    const { status } = await send(front.port, { target: '/orders', headers, wait: 20_000 })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (backend.take().length) report.problem(`fails open: 1.5 MB of ${name} reached the service without a token`)
  }
  report.line('fails open: odd bytes and long headers, no token', [...statuses].sort().map(([status, count]) => `${status || 'closed'}×${count}`).join(' '))
  await front.stop()
  await authorizer.process.stop()
}

export async function hanging({ authorizer, front, scene, backend, report, expected }) {
  await authorizer.process.suspend()
  backend.take()
  const began = Date.now()
  const answer = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read)], wait: 4_000 })
  const open = await send(front.port, { target: '/health', wait: 4_000 })
  const waited = ((Date.now() - began) / 2000).toFixed(1)
  report.same('hangs: a token', answer.status ? told(answer) : 'no answer within 4 s', expected.hangs)
  report.line('hangs: seconds until the answer', waited)
  if (open.status === 200) report.problem('hangs: an open route was answered without a check')
  if (backend.take().length) report.problem('hangs: something reached the service')
  authorizer.process.signal('SIGCONT')
  await ready(authorizer)
  const again = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read)], wait: 40_000 })
  report.same('no longer hangs: a token', told(again), '200')
  backend.take()
}

/** Stopped, killed and started again while requests arrive. */
export async function restarted(context) {
  const { name, mode, scene, front, backend, report, expected } = context
  const { port, grpc, config } = context.authorizer
  // When nobody is at the authorizer's address, and when it is ready for certain; in between, both answers are right.
  const phases = []
  const answers = []
  const kinds = { good: [bearer(scene.tokens.read)], expired: [bearer(scene.tokens.expired)] }
  /** A phase takes until clients of each kind have got an answer in it: some proxies try for seconds to connect. */
  const during = async (phase) => {
    const from = Date.now()
    const isOver = () => Object.keys(kinds).every((kind) => answers.some((answer) => answer.kind === kind && answer.from >= from))
    do await new Promise((resolve) => setTimeout(resolve, 500))
    while (!isOver() && Date.now() < from + 10_000)
    phases.push({ phase, from, to: Date.now() })
  }
  let isOver = false
  backend.take()
  const client = async (kind, headers) => {
    while (!isOver) {
      const from = Date.now()
      const answer = await send(front.port, { target: '/orders', headers: [...headers, ['X-Kind', kind]], wait: 15_000 })
      answers.push({ kind, from, to: Date.now(), status: answer.status || 'closed' })
    }
  }
  const clients = [0, 1, 2, 3].flatMap(() => Object.entries(kinds).map(([kind, headers]) => client(kind, headers)))
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    await during('up')
    await context.authorizer.process.stop(signal)
    await during('down')
    context.authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-after-${signal}`, port, grpc, config })
    await ready(context.authorizer)
  }
  await during('up')
  isOver = true
  await Promise.all(clients)
  const within = (kind, phase) => answers.filter((answer) => answer.kind === kind && phases.some((one) => one.phase === phase && answer.from >= one.from && answer.to <= one.to))
  const statuses = (list) => [...new Set(list.map(({ status }) => status))].sort().join(' ') || 'no answer'
  const failed = expected.gone.slice(0, 3)
  for (const [kind, status] of [['good', '200'], ['expired', '401']]) {
    report.same(`restarted under load: ${kind} tokens, it is there`, statuses(within(kind, 'up')), status)
    report.same(`restarted under load: ${kind} tokens, it is down`, statuses(within(kind, 'down')), failed)
    // 503: the authorizer is there, and has no keys yet.
    const others = answers.filter((answer) => answer.kind === kind && ![status, failed, '503'].includes(`${answer.status}`))
    report.same(`restarted under load: ${kind} tokens, any other answer`, others.length ? statuses(others) : 'none', 'none')
  }
  report.line('restarted under load: requests', `${answers.length}`)
  const reached = backend.take().map((entry) => entry.headers.find(([header]) => header.toLowerCase() === 'x-kind')?.[1])
  const count = (of) => reached.filter((kind) => kind === of).length
  if (count('expired')) report.problem(`restarted: ${count('expired')} requests with expired tokens reached the service`)
  const letIn = answers.filter(({ kind, status }) => kind === 'good' && status === 200).length
  if (count('good') < letIn) report.problem(`restarted: ${letIn} requests were answered with 200, and ${count('good')} reached the service`)
  const again = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read)], wait: 5_000 })
  report.same('restarted: a token', told(again), '200')
  backend.take()
}

export async function gone({ authorizer, front, scene, backend, report, expected }) {
  await authorizer.process.stop('SIGKILL')
  backend.take()
  const answer = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read)], wait: 5_000 })
  const open = await send(front.port, { target: '/health', wait: 5_000 })
  report.same('gone: a token', answer.status ? told(answer) : 'closed', expected.gone)
  if (open.status === 200 || backend.take().length) report.problem('gone: something reached the service')
  // A proxy that answers its own check in the form of gRPC, which has the status 200, could take that for permission.
  for (const type of ['application/grpc', 'application/grpc-web']) {
    await send(front.port, { method: 'POST', target: '/orders', headers: [bearer(scene.tokens.write), ['Content-Type', type]], wait: 5_000 })
    if (backend.take().length) report.problem(`gone: a call of ${type} reached the service`)
  }
}
