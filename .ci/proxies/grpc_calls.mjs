// A gRPC service behind Envoy: what its client, grpcio, sees of each refusal, and that no refused call reaches the service.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Process } from './processes.mjs'
import { start } from './proxies.mjs'
import { bearer } from './requests.mjs'
import { ready } from './scene.mjs'

const python = path.join(process.env.PROXIES_BIN, 'python')
const peer = fileURLToPath(new URL('grpc_peer.py', import.meta.url))

const ROUTES = `
[[route]]
route = "POST /orders.v1.Orders/Get"
scopes = ["orders/read"]
[[route]]
route = "POST /orders.v1.Orders/Create"
scopes = ["orders/write"]
[[route]]
route = "POST /orders.v1.Orders/Watch"
open = true
`

/** The printed cluster of the service, over HTTP/2. */
const overHttp2 = (text) => text.replace(/( {4}- name: backend\n)/, `$1      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
`)

/**
 * Hands the content type of calls on to the authorizer, which the printed configuration does not. A check that fails is then itself a
 * gRPC call to Envoy: it answers it with 200 and a `grpc-status`, and takes the 200 for permission.
 */
const handsOnContentType = (text) => overHttp2(text).replace(/( +)- exact: accept\n/, '$&$1- exact: content-type\n')

/** Makes calls, one after another. */
class Client {
  constructor(port) {
    this.child = spawn(python, [peer, 'call', `${port}`], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  /** Code, details and what else is in the metadata, in one line. */
  async call(method, headers) {
    const metadata = headers.map(([name, value]) => [name.toLowerCase(), value])
    this.child.stdin.write(`${JSON.stringify({ method: `/orders.v1.Orders/${method}`, metadata })}\n`)
    const { value, done } = await this.lines.next()
    if (done) throw new Error('the gRPC client ended')
    const { code, details, challenge, retry, is_whole } = JSON.parse(value)
    const more = [challenge && 'challenge', retry && 'retry'].filter(Boolean).map((text) => `, ${text}`).join('')
    return code === 'OK' ? `OK${is_whole ? '' : ', another message'}` : `${code} ${details}${more}`
  }

  stop() { this.child.stdin.end() }
}

export async function grpcCalls({ name, mode, scene, report, expected }) {
  const service = new Process(`grpc-service-${name}`, python, [peer, 'serve'])
  const [, backend] = await service.says(/READY (\d+)/)
  const begin = async (what, keys = {}, edit = overHttp2) => {
    const config = scene.routesFile(`${name}-grpc-${what}.toml`, { routes: ROUTES, ...keys })
    const authorizer = await scene.authorizer(mode, { name: `authorizer-${name}-grpc-${what}`, config })
    const front = await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend, edit })
    return { authorizer, front, client: new Client(front.port) }
  }
  const end = async ({ authorizer, front, client }) => {
    client.stop()
    await front.stop()
    await authorizer.process.stop('SIGKILL')
  }
  let calls = 0
  let allowed = 0
  const check = async (client, what, method, headers) => {
    const tag = `${++calls}`
    const got = await client.call(method, [...headers, ['x-test', tag], ['x-cognito-subject', 'evil']])
    report.same(`gRPC, ${what}`, got, expected.grpcCalls[what])
    if (got === 'OK') allowed++
    const reached = service.output.split('\n').slice(1).filter(Boolean).map((line) => JSON.parse(line)).filter((call) => call.tag === tag)
    if (reached.length !== Number(got === 'OK')) report.problem(`gRPC, ${what}: ${reached.length} calls reached the service`)
    for (const { subject } of reached) {
      const isOpen = method === 'Watch'
      if (subject.includes('evil') || Boolean(subject) === isOpen) report.problem(`gRPC, ${what}: the service was told the subject \`${subject}\``)
    }
  }
  const { tokens } = scene

  const usual = await begin('usual')
  await ready(usual.authorizer)
  for (const [what, method, headers] of [
    ['with the scope', 'Get', [bearer(tokens.read)]],
    ['open method', 'Watch', []],
    ['no token', 'Get', []],
    ['expired', 'Get', [bearer(tokens.expired)]],
    ['ID token for access', 'Get', [bearer(tokens.id)]],
    ['without the scope', 'Create', [bearer(tokens.read)]],
    ['no such method', 'Delete', [bearer(tokens.read)]],
    ['ambiguous path', '../Orders/Watch', [bearer(tokens.read)]],
  ]) await check(usual.client, what, method, headers)
  await usual.authorizer.process.suspend()
  await check(usual.client, 'hangs', 'Get', [bearer(tokens.read)])
  await check(usual.client, 'hangs, open method', 'Watch', [])
  await usual.authorizer.process.stop('SIGKILL')
  await check(usual.client, 'gone', 'Get', [bearer(tokens.read)])
  await end(usual)

  const keyless = await begin('no-keys', { jwks: 'http://127.0.0.1:1/jwks.json' })
  await check(keyless.client, 'no keys', 'Get', [bearer(tokens.read)])
  await check(keyless.client, 'no keys, open method', 'Watch', [])
  await end(keyless)
  if (allowed !== 3) report.problem(`gRPC: ${allowed} calls were let in, so the test shows nothing`)

  // The trap that the printed configuration warns of. Where Envoy no longer has it, the warnings can go.
  if (name === 'envoy') {
    const trap = await begin('trap', {}, handsOnContentType)
    await trap.authorizer.process.stop('SIGKILL')
    report.same('gRPC, gone, and content-type is handed on', await trap.client.call('Get', []), expected.grpcCalls.trap)
    await end(trap)
  }
  await service.stop()
}
