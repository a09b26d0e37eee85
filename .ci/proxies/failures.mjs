// The authorizer without keys, hanging, restarted under load, and gone.
import { send } from './client.mjs'
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
  if (name === 'envoy') await failOpen(context)
}

/** With `failure_mode_allow`, `--when-unavailable 403` keeps requests out while keys are unavailable. */
async function failOpen({ name, mode, scene, backend, report }) {
  const config = scene.routesFile(`${name}-no-keys.toml`, { jwks: 'http://127.0.0.1:1/jwks.json' })
  const authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-fail-open`, config, more: ['--when-unavailable', '403'] })
  const edit = (text) => text.replaceAll('failure_mode_allow: false', 'failure_mode_allow: true')
  const front = await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port, edit })
  backend.take()
  const answer = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read)], wait: 5_000 })
  report.same('no keys, Envoy fails open, --when-unavailable 403', `${answer.status}`, '403')
  if (backend.take().length) report.problem('a proxy that fails open let a request in while keys were unavailable')
  await front.stop()
  await authorizer.process.stop()
}

export async function hanging({ authorizer, front, scene, backend, report, expected }) {
  authorizer.process.signal('SIGSTOP')
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

/** Killed and started again while requests arrive. */
export async function restarted(context) {
  const { name, mode, scene, front, backend, report } = context
  const statuses = { good: new Map(), bad: new Map() }
  let isOver = false
  backend.take()
  const client = async (kind, headers) => {
    while (!isOver) {
      const answer = await send(front.port, { target: '/orders', headers: [...headers, ['X-Kind', kind]], wait: 5_000 })
      const key = answer.status || 'closed'
      statuses[kind].set(key, (statuses[kind].get(key) ?? 0) + 1)
    }
  }
  const clients = [0, 1, 2, 3].flatMap(() => [client('good', [bearer(scene.tokens.read)]), client('bad', [bearer(scene.tokens.expired)])])
  const { port, grpc, config } = context.authorizer
  for (let round = 0; round < 2; round++) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    await context.authorizer.process.stop(round ? 'SIGKILL' : 'SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 300))
    context.authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-again-${round}`, port, grpc, config })
    await ready(context.authorizer)
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  isOver = true
  await Promise.all(clients)
  const text = (counts) => [...counts].sort().map(([status, count]) => `${status}×${count}`).join(' ')
  report.line('restarted under load: good tokens', text(statuses.good))
  report.line('restarted under load: expired tokens', text(statuses.bad))
  const bad = backend.take().filter((entry) => entry.headers.some(([header, value]) => header.toLowerCase() === 'x-kind' && value === 'bad'))
  if (bad.length || statuses.bad.has(200)) report.problem(`restarted: ${bad.length} requests with expired tokens reached the service`)
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
}
