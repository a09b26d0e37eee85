// Paths that are meant to reach a handler by another row than their own; as in `tests/routes/hostile.rs`.

const BEFORE = ['/', '/.', '/x/..', '/x/%2e%2e', '/%2e', '/x/..;', '//x/..', '/\\', '/%5c', '/%2f', '\\', '/public/..', '/health/..']
const AFTER = ['', '/', '//', '/.', '/..', '/x/..', '/%2e', '/%2e%2e', ';', ';a=b', '/;', '%3b', '%00', '%20', '%09', '%0d%0a', '?a=b', '?', '#a', '%23', '%3f', '%3f/x', '%2f', '%5c', '\\', '*', '.', '+', '%2a', '%c0%af', '%ff', 'é', '%', '%2', '%zz', '%252f', '{id}', ':', '/..;/health', '/../health', '/..%2fhealth', '/%2e%2e/health']
const UP = ['/..', '/../..', '/%2e%2e', '/%2E%2E/%2e%2e', '/..;', '/..;/..', '/.%2e', '%2f..', '%2f%2e%2e%2f..', '%5c..', '\\..', '/..%00', '/..%5c..', '/%252e%252e', ';/..', '?/..', '%3f/..', '//..', '/./..', '%23/..', '#/..']
const OPEN = ['/health', '/public/a']
export const PATHS = ['/health', '/public/a', '/me', '/orders', '/orders/7', '/admin/users', '/internal/a', '/nowhere', '/', '/check', '/check/health', '/_cognito_check', '/livez', '/status']

const encoded = (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

function disguises(path) {
  const bare = path.slice(1)
  return [
    ...BEFORE.map((before) => before + path),
    ...AFTER.map((after) => path + after),
    path.toUpperCase(),
    path.replaceAll('/', '//'),
    path.replaceAll('/', '%2f'),
    `/${bare.replaceAll('/', '%2f')}`,
    `/${bare.replaceAll('/', '%252f')}`,
    path.replaceAll('/', '\\'),
    path.replaceAll('/', '/;x/'),
    bare,
    `/${encoded(bare.slice(0, 1))}${bare.slice(1)}`,
    `/${encoded(bare.slice(0, 1)).replaceAll('%', '%25')}${bare.slice(1)}`,
    `http://api.example${path}`,
    `http://api.example/${path}`,
    `http://another.example${path}`,
    `HTTP://api.example${path}`,
    `http://api.example?${path}`,
    `http://a@api.example:1${path}`,
    `api.example${path}`,
  ]
}

export const hostile = () => [...new Set([
  ...PATHS.flatMap(disguises),
  ...PATHS.flatMap((path) => OPEN.flatMap((open) => UP.map((up) => open + up + path))),
])]

/** The path as a server reads it that decodes, resolves and cuts as generously as any. */
export function lenient(url) {
  let text = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '')
  for (let round = 0; round < 3; round++) text = decoded(text).replaceAll('\\', '/')
  const [path] = text.split(/[?#\0]/)
  const segments = []
  for (const raw of path.toLowerCase().split('/')) {
    const segment = raw.split(';')[0].trim()
    if (segment === '..') segments.pop()
    else if (segment && segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

const decoded = (text) => text.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)))

/** What a request needs for the path as the lenient server parses it: 0 nothing, 1 a token, 2 `orders/read`, 3 also the group, 9 it is never served. */
export function least(method, url) {
  const path = lenient(url)
  if ((method === 'GET' || method === 'HEAD') && (path === '/health' || path.startsWith('/public/'))) return 0
  if (path === '/me') return 1
  if (path === '/orders' || path.startsWith('/orders/')) return 2
  if (path.startsWith('/admin/')) return 3
  return 9
}
