// What clients send, ordinary and hostile, and what they get.
import { identity } from './backend.mjs'
import { send, send2, streamed, upgrade, upgrade2 } from './client.mjs'
import { hostile, least } from './paths.mjs'
import { start } from './proxies.mjs'

export const bearer = (token) => ['Authorization', `Bearer ${token}`]

/** The answer in one line: status, challenge or the beginning of the body, `Retry-After`. */
export function told(answer) {
  const challenge = answer.headers['www-authenticate']
  const retry = answer.headers['retry-after'] ? `, retry after ${answer.headers['retry-after']}` : ''
  if (answer.status === 200) return '200'
  const body = answer.body.includes('{"message"') ? answer.body.match(/\{"message":[^}]*\}/)?.[0] : ''
  return [answer.status, challenge && 'challenge', body].filter(Boolean).join(' ') + retry
}

const PREFLIGHT = [['Origin', 'https://app.example'], ['Access-Control-Request-Method', 'POST']]

export async function ordinary({ scene, front, backend, report, expected }) {
  const { tokens } = scene
  const cases = [
    ['no token', {}, 401],
    ['expired', { headers: [bearer(tokens.expired)] }, 401],
    ['of another pool', { headers: [bearer(tokens.other)] }, 401],
    ['ID token for access', { headers: [bearer(tokens.id)] }, 401],
    ['without the scope', { headers: [bearer(tokens.plain)] }, 403],
    ['with the scope', { headers: [bearer(tokens.read)] }, 200],
    ['scope for another method', { method: 'POST', headers: [bearer(tokens.read)], body: 'order' }, 403],
    ['POST with its scope', { method: 'POST', headers: [bearer(tokens.write)], body: 'order' }, 200],
    ['HEAD with the scope', { method: 'HEAD', headers: [bearer(tokens.read)] }, 200],
    ['open route', { target: '/health' }, 200],
    ['open route, bad token', { target: '/health', headers: [bearer('a.b.c')] }, 200],
    ['preflight', { method: 'OPTIONS', headers: PREFLIGHT }, 200],
    ['OPTIONS that is no preflight', { method: 'OPTIONS' }, 404],
    ['group missing', { target: '/admin/users', headers: [bearer(tokens.read)] }, 403],
    ['with the group', { target: '/admin/users', headers: [bearer(tokens.ops)] }, 200],
    ['no route', { target: '/nowhere', headers: [bearer(tokens.ops)] }, 404],
    ['ambiguous path', { target: '/orders/%2e%2e/health', headers: [bearer(tokens.ops)] }, 400],
    ['two Authorization headers', { headers: [bearer(tokens.read), bearer(tokens.read)] }, 401],
  ]
  for (const [what, request, status] of cases) {
    backend.take()
    const answer = await send(front.port, { target: '/orders', ...request, wait: 5_000 })
    const reached = backend.take()
    report.same(what, told(answer), expected[what] ?? expected.answer(status))
    const isAllowed = answer.status === 200
    if (reached.length !== Number(isAllowed)) report.problem(`${what}: ${reached.length} requests reached the service`)
    for (const entry of reached) {
      const isOpen = what.startsWith('open') || what === 'preflight' || what === 'ambiguous path'
      const subject = (identity(entry)['x-cognito-subject'] ?? []).filter(Boolean)
      if (subject.length !== Number(!isOpen)) report.problem(`${what}: the service got the subjects ${JSON.stringify(subject)}`)
      if (request.body && entry.body !== request.body) report.problem(`${what}: the service got the body ${entry.body}`)
    }
  }
}

const NAMES = ['subject', 'client-id', 'username', 'scope', 'groups', 'token-use', 'claims']
const FORWARDING = [
  ['X-Original-URI', '/health'], ['X-Original-Method', 'GET'], ['X-Original-URL', '/health'], ['X-Rewrite-URL', '/health'],
  ['X-Forwarded-Uri', '/health'], ['X-Forwarded-Method', 'GET'], ['X-Forwarded-Prefix', '/public'], ['X-Forwarded-Host', 'evil'],
  ['X-HTTP-Method-Override', 'GET'], ['X-Envoy-Original-Path', '/health'], ['X-Envoy-Original-Method', 'GET'],
  ['Forwarded', 'host=evil;proto=https'], ['X-Accel-Redirect', '/health'],
]

export async function spoofed({ scene, front, backend, report, expected }) {
  const spellings = NAMES.flatMap((name) => {
    const full = `X-Cognito-${name}`
    return [full, full.toLowerCase(), full.toUpperCase(), full.replaceAll('-', '_'), full.replace('-', '_'), full.replace(/-(?=[^-]*$)/, '_')]
  })
  let sent = 0
  const outcomes = new Map()
  const check = async (what, target, headers, allowed) => {
    backend.take()
    sent++
    const answer = await send(front.port, { target, headers, wait: 5_000 })
    const statuses = outcomes.get(what) ?? new Map()
    outcomes.set(what, statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1))
    for (const entry of backend.take()) {
      const told = identity(entry)
      if (JSON.stringify(told).includes('evil')) report.problem(`${what}: the service was told ${JSON.stringify(told)}`)
      if (!allowed) report.problem(`${what} reached the service: ${entry.url}`)
      const subject = (told['x-cognito-subject'] ?? []).filter(Boolean)
      if (target === '/orders' && subject.length !== 1) report.problem(`${what}: the service got ${subject.length} subjects`)
      if (target === '/health' && Object.values(told).flat().some(Boolean)) report.problem(`${what}: an open route tells ${JSON.stringify(told)}`)
    }
  }
  for (const name of spellings) {
    await check('identity header on an open route', '/health', [[name, 'evil']], true)
    await check('identity header with a token', '/orders', [bearer(scene.tokens.read), [name, 'evil']], true)
    await check('identity header twice', '/orders', [bearer(scene.tokens.read), [name, 'evil'], [name, 'evil2']], true)
  }
  for (const name of ['X-Cognito-Subject', 'x-cognito-groups', 'X_Cognito_Subject']) {
    for (const connection of [`${name}`, `close, ${name}`, `${name}, Upgrade`]) {
      await check('named by Connection', '/orders', [bearer(scene.tokens.read), ['Connection', connection], [name, 'evil']], true)
      await check('named by Connection, open route', '/health', [['Connection', connection], [name, 'evil']], true)
    }
  }
  await check('Connection: Authorization', '/orders', [bearer(scene.tokens.read), ['Connection', 'close, Authorization']], true)
  for (const [name, value] of FORWARDING) {
    await check('forwarding header', '/orders', [[name, value]], false)
    await check('forwarding header twice', '/admin/users', [bearer(scene.tokens.read), [name, value], [name, value]], false)
    await check('forwarding header and Connection', '/orders', [[name, value], ['Connection', `close, ${name}`]], false)
  }
  await check('all forwarding headers', '/orders', FORWARDING, false)
  for (const [what, statuses] of [...outcomes].sort()) {
    const got = [...statuses].sort().map(([status, count]) => `${status}×${count}`).join(' ')
    report.same(`spoofed: ${what}`, got, expected.spoofed[what])
  }
  report.line('spoofed requests', `${sent}, no forged identity reached the service`)
}

export async function hostilePaths({ scene, front, backend, report }) {
  const callers = [['nobody', [], 0], ['a token', [bearer(scene.tokens.plain)], 1], ['orders/read', [bearer(scene.tokens.read)], 2]]
  const statuses = new Map()
  const targets = hostile()
  let reached = 0
  const one = async (who, headers, may, method, target) => {
    const tag = `${who}-${method}-${reached}-${Math.random()}`
    const answer = await send(front.port, { method, target, headers: [...headers, ['X-Test', tag]], wait: 5_000 })
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    for (const entry of backend.seen.filter((entry) => entry.headers.some(([name, value]) => name.toLowerCase() === 'x-test' && value === tag))) {
      reached++
      const needs = least(entry.method, entry.url)
      if (needs > may) report.problem(`${who}: ${method} ${target} reached ${entry.method} ${entry.url}`)
    }
  }
  for (const [who, headers, may] of callers) {
    for (const method of who === 'a token' ? ['GET'] : ['GET', 'POST']) {
      for (let index = 0; index < targets.length; index += 16) {
        await Promise.all(targets.slice(index, index + 16).map((target) => one(who, headers, may, method, target)))
      }
      backend.take()
    }
  }
  const all = [...statuses].sort(([one], [other]) => one - other).map(([status, count]) => `${status || 'closed'}×${count}`).join(' ')
  report.line(`hostile paths: ${targets.length} paths, 5 callers and methods`, `${all}; ${reached} reached the service, each as its row has it`)
  if (reached === 0) report.problem('no path reached the service, so the test shows nothing')
}

export async function largeHeaders({ scene, front, backend, report, expected }) {
  for (const size of [3, 7, 30, 60, 100]) {
    const large = ['X-Large', 'a'.repeat(size * 1024)]
    const good = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read), large], wait: 5_000 })
    backend.take()
    const bad = await send(front.port, { target: '/orders', headers: [large], wait: 5_000 })
    if (backend.take().length) report.problem(`a header of ${size} KiB without a token reached the service`)
    const got = `${good.status || 'closed'}, ${bad.status || 'closed'}`
    report.same(`header of ${size} KiB: with a token, without`, got, expected.large[size] ?? '200, 401')
  }
  const many = Array.from({ length: 150 }, (_, index) => [`X-Many-${index}`, 'a'])
  const good = await send(front.port, { target: '/orders', headers: [bearer(scene.tokens.read), ...many], wait: 5_000 })
  backend.take()
  const bad = await send(front.port, { target: '/orders', headers: many, wait: 5_000 })
  if (backend.take().length) report.problem('150 headers without a token reached the service')
  report.same('150 headers: with a token, without', `${good.status}, ${bad.status}`, expected.large.many ?? '431, 431')
  const garbage = await send(front.port, { target: '/orders', headers: [bearer('a'.repeat(7 * 1024))], wait: 5_000 })
  report.same('token of 7 KiB that is none', told(garbage), expected.answer(401))
  const claims = { filler: 'é'.repeat(1500) }
  const token = await scene.mint({ as: 'bob', scopes: ['orders/read'], claims })
  const long = await send(front.port, { target: '/orders', headers: [bearer(token)], wait: 5_000 })
  report.same(`good token of ${Math.round(token.length / 1024)} KiB`, told(long), '200')
  backend.take()
}

export async function bodiesAndUpgrades({ scene, front, backend, report, expected }) {
  const { tokens } = scene
  const body = await streamed(front.port, '/orders', [bearer(tokens.write)], backend.nextPart())
  report.same('a body is passed on while it arrives', `${body.status} ${body.passedOn}`, '200 true')
  backend.take()
  const refused = await send(front.port, { method: 'POST', target: '/orders', headers: [bearer(tokens.read)], body: 'x'.repeat(100_000), wait: 5_000 })
  report.same('a refused body of 100 kB', told(refused), expected.answer(403))
  if (backend.take().some((entry) => entry.body)) report.problem('a refused body reached the service')
  const allowed = await upgrade(front.port, '/me', [bearer(tokens.plain)])
  report.same('WebSocket with a token: status, bytes pass', `${allowed.status} ${allowed.echoed}`, '101 true')
  backend.take()
  const none = await upgrade(front.port, '/me', [])
  report.same('WebSocket without a token', `${none.status} ${none.echoed}`, '401 false')
  if (backend.take().length) report.problem('an upgrade without a token reached the service')
  await protocols({ front, backend, report, expected })
}

/** What a client may name in `Upgrade`, as the values of its headers; of these, only a WebSocket may reach the service. */
const PROTOCOLS = [
  ['websocket'], ['WebSocket'],
  ['h2c'], ['H2C'], ['websocket, h2c'], ['h2c, websocket'], ['websocket', 'h2c'], ['h2c', 'websocket'], ['TLS/1.2'],
  ['TLS/1.2', 'websocket'],
]

/** In a tunnel for another protocol, such as HTTP/2, a client could send requests to the service that no proxy checks. */
async function protocols({ front, backend, report, expected }) {
  for (const asked of PROTOCOLS) {
    const what = `Upgrade: ${asked.join(' AND ')}`
    backend.take()
    const headers = [['HTTP2-Settings', 'AAMAAABkAAQAoAAAAAIAAAAA']]
    const connection = asked.includes('h2c') ? 'Upgrade, HTTP2-Settings' : 'Upgrade'
    const { status, echoed } = await upgrade(front.port, '/health', headers, { protocols: asked, connection })
    const handed = handedOn({ what, echoed, backend, report })
    report.same(`${what}: status, what is handed on`, `${status}, ${handed}`, expected.upgrades[what] ?? '200, nothing')
  }
}

/** Over HTTP/2, a client names the protocol of a tunnel in `:protocol` (RFC 8441). `Upgrade` means nothing there. */
async function protocols2({ front, backend, report, expected }) {
  const request = [[':scheme', 'http'], [':authority', 'api.example'], [':path', '/health']]
  const connect = (protocol) => [[':method', 'CONNECT'], [':protocol', protocol], ...request, ['sec-websocket-version', '13']]
  for (const [what, fields] of [
    ['HTTP/2, :protocol websocket', connect('websocket')],
    ['HTTP/2, :protocol h2c', connect('h2c')],
    ['HTTP/2, :protocol websocket, h2c', connect('websocket, h2c')],
    ['HTTP/2, Upgrade: h2c', [[':method', 'GET'], ...request, ['upgrade', 'h2c']]],
  ]) {
    backend.take()
    const handed = handedOn({ what, echoed: await upgrade2(front.port, fields), backend, report })
    report.same(`${what}: what is handed on`, handed, expected.upgrades[what] ?? 'nothing')
  }
}

/** The protocols that reached the service, and whether a tunnel to it opened. */
function handedOn({ what, echoed, backend, report }) {
  const reached = backend.take().flatMap((entry) => entry.headers).map(([name, value]) => [name.toLowerCase(), value])
  const handed = reached.filter(([name]) => name === 'upgrade').map(([, value]) => value)
  const isWebSocket = handed.length === 1 && handed[0].toLowerCase() === 'websocket'
  if (handed.length && !isWebSocket) report.problem(`${what}: ${handed.join(' AND ')} reached the service`)
  if (echoed && !isWebSocket) report.problem(`${what}: a tunnel opened`)
  if (reached.some(([name]) => name === 'http2-settings')) report.problem(`${what}: HTTP2-Settings reached the service`)
  return `${handed.join(' AND ') || 'nothing'}${echoed ? ', tunnel' : ''}`
}

export async function http2(context) {
  const { name, scene, backend, authorizer, report } = context
  const onSamePort = ['traefik', 'envoy', 'envoy-grpc'].includes(name)
  const front = onSamePort ? context.front : await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port, h2: true })
  const authorization = `Bearer ${scene.tokens.read}`
  const ask = (headers, body) => send2(front.port, { ':path': '/orders', ...headers }, body)
  backend.take()
  report.same('HTTP/2 with the scope', `${(await ask({ authorization })).status}`, '200')
  const [entry] = backend.take()
  if ((identity(entry ?? { headers: [] })['x-cognito-subject'] ?? []).length !== 1) report.problem('HTTP/2: the service got no subject')
  const none = await ask({ 'x-cognito-subject': 'evil', 'x-original-uri': '/health', 'x-forwarded-uri': '/health' })
  report.same('HTTP/2 without a token', `${none.status}`, '401')
  if (backend.take().length) report.problem('HTTP/2 without a token reached the service')
  const open = await ask({ ':path': '/health', 'x-cognito-subject': 'evil' })
  report.same('HTTP/2, open route', `${open.status}`, '200')
  if (JSON.stringify(backend.take().map(identity)).includes('evil')) report.problem('HTTP/2: a forged identity reached the service')
  await protocols2({ ...context, front })
  if (!onSamePort) await front.stop()
}
