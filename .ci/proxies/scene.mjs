// Two user pools of this machine, tokens of every kind, and the authorizer.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { Process, folder, freePort, listens } from './processes.mjs'

const command = process.env.AUTHORIZER_BIN
const CLIENT = '4example23456789'

const poolFile = (id) => `id = "${id}"
[[resource_server]]
identifier = "orders"
scopes = ["read", "write"]
[[app_client]]
id = "${CLIENT}"
scopes = ["openid", "orders/read", "orders/write"]
callback_urls = ["http://localhost:3000/callback"]
flows = ["code"]
[[user]]
name = "ada"
password = "Ada-1815"
groups = ["ops"]
[[user]]
name = "bob"
password = "Bob-1815"
`

export const ROUTES = `
[[route]]
route = "GET /health"
open = true
[[route]]
route = "GET /public/{proxy+}"
open = true
[[route]]
route = "GET /me"
[[route]]
route = "GET /orders"
scopes = ["orders/read"]
[[route]]
route = "POST /orders"
scopes = ["orders/write"]
[[route]]
route = "ANY /orders/{id}"
scopes = ["orders/read"]
[[route]]
route = "OPTIONS /orders"
preflight = true
[[route]]
route = "ANY /admin/{proxy+}"
scopes = ["orders/read"]
groups = ["ops"]
[[route]]
route = "ANY /internal/{proxy+}"
refuse = true
`

export class Scene {
  async start() {
    [this.pool, this.other] = await Promise.all([startPool('ap-south-1_LocalPool'), startPool('ap-south-1_Another00')])
    const mint = (pool, order) => mintAt(pool.url, { client: CLIENT, ...order })
    const reader = { as: 'bob', scopes: ['orders/read'] }
    const [read, write, plain, ops, id, expired, other] = await Promise.all([
      mint(this.pool, reader),
      mint(this.pool, { as: 'bob', scopes: ['orders/read', 'orders/write'] }),
      mint(this.pool, { as: 'bob', scopes: ['openid'] }),
      mint(this.pool, { as: 'ada', scopes: ['orders/read'] }),
      mint(this.pool, { as: 'bob', id: true }),
      mint(this.pool, { ...reader, expired: true }),
      mint(this.other, reader),
    ])
    this.tokens = { read, write, plain, ops, id, expired, other }
  }

  mint(order) { return mintAt(this.pool.url, { client: CLIENT, ...order }) }

  /** A file for `serve --config`. Without `jwks`, the keys are the pool's. */
  routesFile(name, { jwks = this.pool.jwks, routes = ROUTES, settings = '' } = {}) {
    const file = path.join(folder, name)
    const pool = `${settings}\n[[pool]]\nid = "${this.pool.id}"\nclients = ["${CLIENT}"]\nissuer = "${this.pool.issuer}"\njwks_url = "${jwks}"\n`
    writeFileSync(file, pool + routes)
    return file
  }

  /** Starts `serve`. */
  async authorizer(mode, { name = `authorizer-${mode}`, port, grpc, config = this.routesFile(`${name}.toml`), more = [], wrap = [] } = {}) {
    port ??= await freePort()
    grpc ??= await freePort()
    const args = ['serve', '--proxy', mode, '--config', config, '--listen', `127.0.0.1:${port}`, '--grpc-listen', `127.0.0.1:${grpc}`, ...more]
    const [program, ...rest] = [...wrap, command, ...args]
    const started = new Process(name, program, rest)
    await started.says(/listening on grpc/)
    return { port, grpc, config, process: started, url: `http://127.0.0.1:${port}` }
  }
}

/** Waits until `/readyz` says so. */
export async function ready(authorizer) {
  for (let tries = 0; tries < 400; tries++) {
    const answer = await fetch(`${authorizer.url}/readyz`).catch(() => undefined)
    if (answer?.status === 204) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('the authorizer does not become ready')
}

async function startPool(id) {
  const file = path.join(folder, `${id}.toml`)
  writeFileSync(file, poolFile(id))
  const port = await freePort()
  const pool = new Process(`pool-${id}`, command, ['pool', '--config', file, '--listen', `127.0.0.1:${port}`])
  await listens(port, pool)
  const url = `http://127.0.0.1:${port}`
  return { id, url, process: pool, issuer: `${url}/${id}`, jwks: `${url}/${id}/.well-known/jwks.json` }
}

async function mintAt(url, order) {
  const answer = await fetch(`${url}/console/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ scopes: [], groups: [], claims: {}, expired: false, id: false, ...order }),
  })
  const { token, error, message } = await answer.json()
  if (!token) throw new Error(`no token: ${error} ${message}`)
  return token
}
