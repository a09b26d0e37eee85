// A week in a few minutes: load through Envoy while the pool's keys rotate and their endpoint fails. No good request is refused, and
// the memory of the authorizer stays flat.
//
//   AUTHORIZER_BIN=… PROXIES_BIN=… PROXIES_RUN=… ROTATING_BIN=… node .ci/proxies/week.mjs [SECONDS]
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { Backend } from './backend.mjs'
import { send } from './client.mjs'
import { Process, stopAll } from './processes.mjs'
import { start } from './proxies.mjs'
import { Scene, ready } from './scene.mjs'

const seconds = Number(process.argv[2] ?? 60)
const memory = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1])
const get = (url) => fetch(url).then((answer) => answer.text())

let failed = false
const backend = new Backend()
try {
  await backend.start()
  const control = new Process('rotating', process.env.ROTATING_BIN, [])
  const [, url] = await control.says(/READY (\S+)/)
  const scene = new Scene()
  await scene.start()
  scene.pool.issuer = await get(`${url}/issuer`)
  const config = scene.routesFile('week.toml', { jwks: `${url}/jwks.json` })
  const authorizer = await scene.authorizer('envoy', { name: 'week', config, more: ['--threads', '1'] })
  await ready(authorizer)
  const front = await start('envoy', { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port })

  let tokens = JSON.parse(await get(`${url}/tokens`))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })
  const counts = new Map()
  let isOver = false
  const client = async () => {
    for (let index = 0; !isOver; index++) {
      const token = tokens[index % tokens.length]
      const status = await new Promise((resolve) => {
        const request = http.get({ port: front.port, path: '/orders', agent, headers: { authorization: `Bearer ${token}` } }, (answer) => { answer.resume(); answer.on('end', () => resolve(answer.statusCode)) })
        request.on('error', (error) => resolve(error.code))
      })
      counts.set(status, (counts.get(status) ?? 0) + 1)
      if (backend.seen.length > 10_000) backend.take()
    }
  }
  const forged = async () => {
    const [header, ...rest] = tokens[0].split('.')
    for (let number = 0; !isOver; number++) {
      const unknown = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(header, 'base64url')), kid: `unknown-${number}` })).toString('base64url')
      const { status } = await send(front.port, { target: '/orders', headers: [['Authorization', `Bearer ${[unknown, ...rest].join('.')}`]], wait: 5_000 })
      if (status === 200) throw new Error('a forged token was let in')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const clients = [...Array.from({ length: 8 }, client), forged()]
  const samples = []
  // Seven days: each day, the keys rotate; on some, their endpoint fails for a while.
  const day = (seconds * 1000) / 7
  for (let number = 0; number < 7; number++) {
    // Cognito publishes a key before it signs with it; the tokens of the old key stay good.
    await get(`${url}/rotate`)
    await new Promise((resolve) => setTimeout(resolve, Math.max(6_000, day * 0.2)))
    await get(`${url}/sign`)
    tokens = JSON.parse(await get(`${url}/tokens`))
    if (number % 2) await get(`${url}/fail`)
    await new Promise((resolve) => setTimeout(resolve, day * 0.5))
    await get(`${url}/heal`)
    await new Promise((resolve) => setTimeout(resolve, day * 0.2))
    samples.push(memory(authorizer.process.pid))
    console.log(`day ${number + 1}: ${[...counts].map(([status, count]) => `${status}×${count}`).join(' ')}; ${samples.at(-1)} kB`)
  }
  isOver = true
  await Promise.all(clients)
  const refused = [...counts].filter(([status]) => status !== 200)
  if (refused.length) { failed = true; console.error(`good requests were refused: ${JSON.stringify(refused)}`) }
  // After two days everything has been allocated that is kept.
  const growth = samples.at(-1) - samples[1]
  console.log(`memory grew by ${growth} kB since the second day`)
  if (growth > 4_096) { failed = true; console.error('memory grows') }
} catch (error) {
  failed = true
  console.error(error)
} finally {
  await stopAll()
  backend.stop()
}
process.exit(failed ? 1 : 0)
