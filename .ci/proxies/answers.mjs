// What a client gets for each answer of the authorizer, by proxy: the table of `crates/cognito-forward-auth/README.md`.

const UNAUTHORIZED = '{"message":"Unauthorized"}'
const BODIES = { 400: '{"message":"Bad Request"}', 401: UNAUTHORIZED, 403: '{"message":"Forbidden"}', 404: '{"message":"Not Found"}' }

/** As the layer answers: status, challenge, body. */
function whole(status) {
  if (status === 200) return '200'
  const challenge = status === 401 || status === 403 ? ' challenge' : ''
  return `${status}${challenge} ${BODIES[status]}`
}

const UNAVAILABLE = '503 {"message":"Service Unavailable"}, retry after N'

/** With `--when-unavailable 403`, and over HTTP, if a check takes too long for Envoy. */
const FORBIDDEN = UNAVAILABLE.replace('503', '403')
const AS_ANSWERED = { 'status 404': '404', 'status 302': '302', 'status 407': '407' }
const ALL_AS_ANSWERED = { ...AS_ANSWERED, 'status 500': '500', 'status 502': '502' }
const UNDERSCORES = ['X_Cognito_Subject', 'X-Cognito_Subject', 'both spellings', 'Connection: x_cognito_subject']

/** What shows that another site caused a request. */
const OF_BROWSERS = 'Origin Sec-Fetch-Site Sec-WebSocket-Key Sec-WebSocket-Version'

/** A client may open WebSockets. Some proxies hand the word on in lower case. */
const UPGRADES = { 'Upgrade: websocket': '101, websocket, tunnel', 'Upgrade: WebSocket': '101, websocket, tunnel' }
const UPGRADES_AS_SENT = { ...UPGRADES, 'Upgrade: WebSocket': '101, WebSocket, tunnel' }
/** If the first of two headers is a WebSocket's, it is handed on without the second. */
const FIRST_UPGRADE = { ...UPGRADES, 'Upgrade: websocket AND h2c': '101, websocket, tunnel' }
const REFUSED_BY_ENVOY = ['websocket, h2c', 'h2c, websocket', 'websocket AND h2c', 'h2c AND websocket', 'TLS/1.2', 'TLS/1.2 AND websocket']
const UPGRADES_ENVOY = {
  ...UPGRADES_AS_SENT,
  ...Object.fromEntries(REFUSED_BY_ENVOY.map((value) => [`Upgrade: ${value}`, '403, nothing'])),
}

/** What a client gets that sends forged headers, by kind of header: how often which status. */
const SPOOFED = {
  'Connection: Authorization': '401×1',
  'all forwarding headers': '401×1',
  'forwarding header': '401×13',
  'forwarding header and Connection': '401×13',
  'forwarding header twice': '403×13',
  'identity header on an open route': '200×42',
  'identity header twice': '200×42',
  'identity header with a token': '200×42',
  'named by Connection': '200×9',
  'named by Connection, open route': '200×9',
}

/** What a gRPC client sees, where 401 and 403 have these details. Where the check fails, Envoy answers for itself. */
const calls = (unauthenticated, denied) => ({
  'with the scope': 'OK',
  'open method': 'OK',
  'no token': `UNAUTHENTICATED ${unauthenticated}, challenge`,
  expired: `UNAUTHENTICATED ${unauthenticated}, challenge`,
  'ID token for access': `UNAUTHENTICATED ${unauthenticated}, challenge`,
  'without the scope': `PERMISSION_DENIED ${denied}, challenge`,
  'no such method': 'UNIMPLEMENTED {"message":"Not Found"}',
  'ambiguous path': 'INTERNAL {"message":"Bad Request"}',
  hangs: 'UNAVAILABLE ',
  'hangs, open method': 'UNAVAILABLE ',
  gone: 'UNAVAILABLE ',
  'no keys': 'UNAVAILABLE ',
  'no keys, open method': 'OK',
})

// Half of the spellings have an underscore.
const SPOOFED_ENVOY = {
  ...SPOOFED,
  'forwarding header and Connection': '400×1 401×12',
  'identity header on an open route': '200×21 400×21',
  'identity header twice': '200×21 400×21',
  'identity header with a token': '200×21 400×21',
  'named by Connection': '200×6 400×3',
  'named by Connection, open route': '200×6 400×3',
}

/**
 * `asked`: what of a client's own headers is handed on to the authorizer. `refuses`: the spellings of an identity header that are
 * answered with 400. `spoofed`: what a client gets for forged headers. `large`: the statuses with and without a token for a header of so
 * many KiB, where they are not 200 and 401. `upgrades`: the status of a request for another protocol, what of its `Upgrade` is handed
 * on, and whether a tunnel opens, unless it is answered with 200 and nothing is handed on. `fails`: what a client gets for an answer
 * that is not the authorizer's. `late`: what a client gets while keys do not arrive, unless it is `unavailable`. `failsOpen`: what
 * becomes of a request with `failure_mode_allow: true`. `grpcCalls`: what a gRPC client sees when the check fails.
 */
const TABLE = {
  // Status and challenge; nginx has pages of its own.
  nginx: {
    answer: (status) => (status === 200 ? '200' : `${status}${status === 401 || status === 403 ? ' challenge' : ''}`),
    'two Authorization headers': '400',
    unavailable: '503, retry after N',
    hangs: '503',
    gone: '503',
    asked: `Cookie X-Mine X-Cognito-Subject X-Forwarded-Uri X-Forwarded-Method X-Forwarded-Host ${OF_BROWSERS}`,
    refuses: [],
    spoofed: { ...SPOOFED, 'Connection: Authorization': '200×1' },
    large: { 100: '400, 400' },
    upgrades: FIRST_UPGRADE,
    fails: { 'status 404': '404', 'status 302': '500', 'status 407': '500', 'not HTTP': '500', other: '503' },
  },
  haproxy: {
    answer: whole,
    unavailable: UNAVAILABLE,
    hangs: '504',
    gone: '503',
    asked: `Cookie X-Mine X-Forwarded-Uri X-Forwarded-Method X-Forwarded-Host ${OF_BROWSERS}`,
    refuses: ['Connection: X-Cognito-Subject', 'Connection: x_cognito_subject'],
    spoofed: { ...SPOOFED, 'Connection: Authorization': '200×1', 'named by Connection': '400×9', 'named by Connection, open route': '400×9' },
    large: { 100: '400, 400', many: '400, 400' },
    upgrades: { ...UPGRADES_AS_SENT, 'HTTP/2, :protocol websocket': 'websocket, tunnel' },
    fails: { ...ALL_AS_ANSWERED, 'a head without an end': '504', other: '502' },
  },
  caddy: {
    answer: whole,
    unavailable: UNAVAILABLE,
    hangs: '504',
    gone: '502',
    asked: `Cookie X-Mine X-Original-URI X-Original-Method ${OF_BROWSERS}`,
    refuses: [],
    spoofed: SPOOFED,
    large: { 30: '431, 431', 60: '431, 431', 100: '431, 431' },
    upgrades: UPGRADES,
    fails: { ...ALL_AS_ANSWERED, 'a head without an end': '504', other: '502' },
  },
  // It resolves `..` before the check, and passes the same path on.
  traefik: {
    answer: whole,
    'ambiguous path': '200',
    unavailable: UNAVAILABLE,
    hangs: 'no answer within 4 s',
    gone: '500',
    asked: `Cookie X-Mine X-Cognito-Subject X-Original-URI X-Original-Method ${OF_BROWSERS}`,
    refuses: [],
    spoofed: SPOOFED,
    large: {},
    upgrades: FIRST_UPGRADE,
    fails: { ...ALL_AS_ANSWERED, 'a head without an end': 'no answer within 3 s', other: '500' },
  },
  // Over HTTP, a 5xx of the authorizer is an error of Envoy's own.
  envoy: {
    answer: whole,
    unavailable: '503',
    late: FORBIDDEN,
    hangs: '503',
    gone: '503',
    asked: OF_BROWSERS,
    refuses: UNDERSCORES,
    spoofed: SPOOFED_ENVOY,
    large: { 60: '431, 431', 100: '431, 431' },
    upgrades: UPGRADES_ENVOY,
    fails: { ...AS_ANSWERED, other: '503' },
    grpcCalls: { ...calls('{"message":"Unauthorized"}', '{"message":"Forbidden"}'), trap: 'OK' },
    failsOpen: { 'no keys': 'let in', 'no keys, --when-unavailable 403': FORBIDDEN, hangs: 'let in', gone: 'let in' },
  },
  'envoy-grpc': {
    answer: whole,
    unavailable: UNAVAILABLE,
    hangs: '503',
    gone: '503',
    asked: `Cookie X-Mine X-Original-URI X-Original-Method X-Forwarded-Uri X-Forwarded-Method X-Forwarded-Host ${OF_BROWSERS}`,
    refuses: UNDERSCORES,
    spoofed: SPOOFED_ENVOY,
    large: { 60: '431, 431', 100: '431, 431' },
    upgrades: UPGRADES_ENVOY,
    fails: { other: '503' },
    grpcCalls: {
      ...calls('the call needs an access token', 'the token does not permit this call'),
      expired: 'UNAUTHENTICATED the token has expired, challenge',
      'ID token for access': 'UNAUTHENTICATED the token is not for this use, challenge',
      'no such method': 'UNIMPLEMENTED there is no such method',
      'ambiguous path': 'UNIMPLEMENTED there is no such method',
      'no keys': 'UNAVAILABLE tokens cannot be verified now, retry',
    },
    failsOpen: { 'no keys': UNAVAILABLE, 'no keys, --when-unavailable 403': FORBIDDEN, hangs: 'let in', gone: 'let in' },
  },
}

export const of = (name) => TABLE[name]
