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

const TABLE = {
  // Status and challenge; nginx has pages of its own.
  nginx: {
    answer: (status) => (status === 200 ? '200' : `${status}${status === 401 || status === 403 ? ' challenge' : ''}`),
    'two Authorization headers': '400',
    unavailable: '503, retry after N',
    hangs: '503',
    gone: '503',
  },
  haproxy: { answer: whole, unavailable: UNAVAILABLE, hangs: '504', gone: '503' },
  caddy: { answer: whole, unavailable: UNAVAILABLE, hangs: '504', gone: '502' },
  // It resolves `..` before the check, and passes the same path on.
  traefik: { answer: whole, 'ambiguous path': '200', unavailable: UNAVAILABLE, hangs: 'no answer within 4 s', gone: '500' },
  // Over HTTP, a 5xx of the authorizer is an error of Envoy's own.
  envoy: { answer: whole, unavailable: '503', hangs: '503', gone: '503' },
  'envoy-grpc': { answer: whole, unavailable: UNAVAILABLE, hangs: '503', gone: '503' },
}

export const of = (name) => TABLE[name]
