// What the authorizer is asked, and what a proxy makes of its answers, by an authorizer that answers as it is told.
import { identity } from './backend.mjs'
import { send } from './client.mjs'
import { ALLOWED, FakeAuthorizer, errors } from './fake.mjs'
import { hostile } from './paths.mjs'
import { start } from './proxies.mjs'
import { bearer, told } from './requests.mjs'

/** What a client sends that a proxy may hand on to the authorizer, with values that only a client would choose. */
const CLIENTS = [
  ['Cookie', 'evil=1'], ['X-Mine', 'evil'], ['X-Cognito-Subject', 'evil'], ['X-Original-URI', '/evil'], ['X-Original-Method', 'EVIL'],
  ['X-Forwarded-Uri', '/evil'], ['X-Forwarded-Method', 'EVIL'], ['X-Forwarded-Host', 'evil'],
  // They show that another site opens a WebSocket, so that the cookie of a browser does not count.
  ['Origin', 'https://evil.example'], ['Sec-Fetch-Site', 'cross-site'], ['Sec-WebSocket-Key', 'ZXZpbA=='], ['Sec-WebSocket-Version', '13'],
]

export async function contract(context) {
  const fake = new FakeAuthorizer()
  await fake.start()
  const front = await start(context.name, { authorizer: fake.port, grpc: fake.grpc, backend: context.backend.port })
  try {
    await asked({ ...context, fake, front })
    await identities({ ...context, fake, front })
    await paths({ ...context, fake, front })
    await failing({ ...context, fake, front })
  } finally {
    await front.stop()
    fake.stop()
  }
}

/** Method and path of the original request, as the mode of `--proxy` reads them. */
function original(mode, grpc, entry) {
  const values = (name) => entry.headers.filter(([of]) => of === name).map(([, value]) => value).join(' AND ')
  if (grpc) return [entry.method, entry.target]
  if (mode === 'nginx' || mode === 'haproxy') return [values('x-original-method'), values('x-original-uri')]
  if (mode === 'caddy' || mode === 'traefik') return [values('x-forwarded-method'), values('x-forwarded-uri')]
  return [entry.method, entry.target.replace(/^\/check/, '')]
}

/** The check of a request with a body and with every header that a client may forge. */
async function asked({ mode, grpc, fake, front, backend, report, expected }) {
  fake.behaviour = 'identity headers'
  fake.take()
  backend.take()
  const headers = [bearer('a.b.c'), ...CLIENTS]
  const answer = await send(front.port, { method: 'PUT', target: '/orders/7?a=b', headers, body: 'x'.repeat(1000), wait: 5_000 })
  const checks = fake.take()
  if (checks.length !== 1 || answer.status !== 200) return report.problem(`asked: ${checks.length} checks, status ${answer.status}`)
  const [check] = checks
  report.same('asked: the original request', original(mode, grpc, check).join(' '), 'PUT /orders/7?a=b')
  report.same('asked: the token', check.headers.filter(([name]) => name === 'authorization').map(([, value]) => value).join(' AND '), 'Bearer a.b.c')
  report.same('asked: bytes of the body', `${check.body}`, '0')
  const handed = CLIENTS.filter(([name, value]) => check.headers.some(([of, given]) => of === name.toLowerCase() && given === value))
  report.same('asked: what else of the client it hands on', handed.map(([name]) => name).join(' ') || 'nothing', expected.asked)
}

/** A client's identity header, for each kind of allowed answer: what the service is told. */
async function identities({ fake, front, backend, report, expected }) {
  for (const [behaviour, sent] of Object.entries(ALLOWED)) {
    fake.behaviour = behaviour
    const wanted = sent['x-cognito-subject'] ? 'ada' : 'nothing'
    for (const [what, headers] of SPOOFED) {
      backend.take()
      const answer = await send(front.port, { target: '/orders', headers, wait: 5_000 })
      const entries = backend.take()
      const subjects = entries.flatMap((entry) => identity(entry)['x-cognito-subject'] ?? []).filter(Boolean)
      const got = answer.status === 200 && entries.length === 1 ? subjects.join(' AND ') || 'nothing' : `${answer.status}`
      report.same(`${behaviour}; a client sends ${what}`, got, expected.refuses.includes(what) ? '400' : wanted)
    }
  }
}

const SPOOFED = [
  ['nothing', []],
  ['X-Cognito-Subject', [['X-Cognito-Subject', 'evil']]],
  ['it twice', [['X-Cognito-Subject', 'evil'], ['X-Cognito-Subject', 'worse']]],
  ['X_Cognito_Subject', [['X_Cognito_Subject', 'evil']]],
  ['X-Cognito_Subject', [['X-Cognito_Subject', 'evil']]],
  ['both spellings', [['X-Cognito-Subject', 'evil'], ['X_Cognito_Subject', 'worse']]],
  ['Connection: X-Cognito-Subject', [['Connection', 'close, X-Cognito-Subject'], ['X-Cognito-Subject', 'evil']]],
  ['Connection: x_cognito_subject', [['Connection', 'close, x_cognito_subject'], ['X_Cognito_Subject', 'evil']]],
]

/** Whatever the client sends, the service gets the path that was judged. */
async function paths({ mode, grpc, fake, front, backend, report }) {
  fake.behaviour = 'identity headers'
  const targets = [...hostile(), '/orders?a=/../b', '/orders?a=%2f', '/orders/a%3ab', '/orders/a:b', '/orders/%41', '/orders/~a', '/orders/%7ea', '/orders/a+b']
  let reached = 0
  for (const target of targets) {
    fake.take()
    backend.take()
    await send(front.port, { target, headers: [bearer('a.b.c')], wait: 5_000 })
    const checks = fake.take().map((check) => original(mode, grpc, check))
    for (const entry of backend.take()) {
      reached++
      // A target in absolute form names the same path (RFC 9112 §3.2.2). `serve` answers what is not a path with 400.
      const url = entry.url.replace(/^http:\/\/[^/?#]*/i, '')
      const isJudged = checks.some(([method, path]) => method === entry.method && (path === url || !path.startsWith('/')))
      if (!isJudged) report.problem(`${target}: judged ${JSON.stringify(checks)}, forwarded ${entry.method} ${entry.url}`)
    }
  }
  report.line(`the path that is judged is forwarded: ${targets.length} paths`, `${reached} forwarded`)
  if (reached < 100) report.problem('so few paths were forwarded that the test shows nothing')
}

/** Answers that are not the authorizer's: nothing is let in. */
async function failing({ grpc, fake, front, backend, report, expected }) {
  for (const behaviour of errors(grpc)) {
    fake.behaviour = behaviour
    backend.take()
    const answer = await send(front.port, { target: '/orders', headers: [bearer('a.b.c')], wait: 3_000 })
    const got = answer.status ? told(answer) : 'no answer within 3 s'
    report.same(`the authorizer fails: ${behaviour}`, got, expected.fails[behaviour] ?? expected.fails.other)
    if (backend.take().length) report.problem(`the authorizer fails, ${behaviour}: something reached the service`)
    // The next request does not suffer from it.
    fake.behaviour = 'identity headers'
    const next = await send(front.port, { target: '/orders', headers: [bearer('a.b.c')], wait: 5_000 })
    if (next.status !== 200) report.problem(`after ${behaviour}: ${next.status}`)
  }
}
