// What a check costs: CPU per request of the proxy and of the authorizer, side by side in one run: `bash .ci/proxies/measure`.
//
// The proxy has core 0, everything else core 1. CPU time is read from the kernel, in nanoseconds, so a busy machine changes the figures
// less than it would change latencies; they are still only comparable within one run.
import { execFile } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { send } from './client.mjs'
import { Process, folder, freePort, listens, stopAll } from './processes.mjs'
import { PROXIES, start } from './proxies.mjs'
import { bearer } from './requests.mjs'
import { Scene, ready } from './scene.mjs'

const seconds = Number(process.argv[2] ?? 4)
const rounds = Number(process.env.ROUNDS ?? 3)
const run = promisify(execFile)

/** CPU time of a process, its threads and its children, in microseconds. The kernel counts it in nanoseconds. */
function cpu(pid) {
  let spent = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    spent += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean)
    for (const child of children) spent += cpu(child)
  }
  return spent
}

const memory = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1])

/** Load on a port, and the CPU of each process per request. */
async function load(port, pids, script, target = '/orders') {
  const before = pids.map(cpu)
  const { stdout } = await run('wrk', ['-t1', '-c16', `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}${target}`])
  const requests = Number(stdout.match(/(\d+) requests in/)[1])
  const failed = stdout.match(/Non-2xx or 3xx responses: (\d+)/)
  if (failed) throw new Error(`${failed[1]} requests failed: ${stdout}`)
  return pids.map((pid, index) => (cpu(pid) - before[index]) / requests)
}

/** A script for wrk that sends these tokens in turn. */
function script(name, tokens) {
  const file = path.join(folder, `${name}.lua`)
  writeFileSync(file, `local tokens = {${tokens.map((token) => `"Bearer ${token}"`).join(',')}}
local index = 0
request = function()
  index = index % #tokens + 1
  return wrk.format("GET", nil, { ["Authorization"] = tokens[index] })
end
`)
  return file
}

/** The printed configuration of Envoy with `jwt_authn` and `rbac` instead of `ext_authz`, for the rule of `GET /orders`. */
const ownFilters = (scene, cached) => (text) => {
  const from = text.indexOf('                  - name: envoy.filters.http.ext_authz')
  const to = text.indexOf('                  - name: envoy.filters.http.router')
  const port = new URL(scene.pool.url).port
  const filters = `                  - name: envoy.filters.http.jwt_authn
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                      providers:
                        pool:
                          issuer: "${scene.pool.issuer}"
                          forward: true
                          payload_in_metadata: claims
${cached ? '                          jwt_cache_config: { jwt_cache_size: 1000 }\n' : ''}                          remote_jwks:
                            http_uri: { uri: "${scene.pool.jwks}", cluster: pool, timeout: 1s }
                      rules:
                        - match: { prefix: / }
                          requires: { provider_name: pool }
                  - name: envoy.filters.http.rbac
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC
                      rules:
                        action: ALLOW
                        policies:
                          orders:
                            permissions:
                              - and_rules:
                                  rules:
                                    - url_path: { path: { exact: /orders } }
                                    - header: { name: ":method", string_match: { exact: GET } }
                            principals:
                              - and_ids:
                                  ids:
                                    - metadata: { filter: envoy.filters.http.jwt_authn, path: [{ key: claims }, { key: scope }], value: { string_match: { safe_regex: { regex: "(.* )?orders/read( .*)?" } } } }
                                    - metadata: { filter: envoy.filters.http.jwt_authn, path: [{ key: claims }, { key: client_id }], value: { string_match: { exact: 4example23456789 } } }
                                    - metadata: { filter: envoy.filters.http.jwt_authn, path: [{ key: claims }, { key: token_use }], value: { string_match: { exact: access } } }
`
  const clusters = `    - name: pool
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: pool
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }] }]
    - name: cognito_authorizer
`
  return (text.slice(0, from) + filters + text.slice(to)).replace('    - name: cognito_authorizer\n', clusters)
}

/** The proxy without its check. */
const alone = {
  nginx: (text) => text.replace('auth_request /_cognito_check;', ''),
  caddy: (text) => text.replace(/\t\tforward_auth [^]*?\n\t\t}\n/, ''),
  traefik: (text) => text.replaceAll('        - cognito\n', ''),
  haproxy: (text) => text.replace('    http-request lua.cognito_check\n', '').replace(/ {4}http-request deny deny_status 503 .*\n/, ''),
  envoy: (text) => {
    const from = text.indexOf('                  - name: envoy.filters.http.ext_authz')
    return text.slice(0, from) + text.slice(text.indexOf('                  - name: envoy.filters.http.router'))
  },
}
alone['envoy-grpc'] = alone.envoy

/** What a client gets of Envoy's own filters. */
async function answers(port, tokens) {
  for (const [what, token] of Object.entries({ 'no token': '', ...tokens })) {
    const { status, headers, body } = await send(port, { target: '/orders', headers: token ? [bearer(token)] : [], wait: 5_000 })
    console.log(`jwt_authn and rbac\t${what}\t${status}\t${headers['www-authenticate'] ?? ''}\t${status === 200 ? '' : body.slice(0, 60)}`)
  }
}

/** What verified tokens take: resident memory after 2,000 checks with one token, and after one with each of 2,000. */
async function sizing(scene) {
  const authorizer = await scene.authorizer('nginx', { name: 'sizing', more: ['--threads', '1'] })
  await ready(authorizer)
  const tokens = []
  while (tokens.length < 2_000) {
    const batch = Array.from({ length: 50 }, (_, index) => scene.mint({ as: 'bob', scopes: ['orders/read'], claims: { number: tokens.length + index } }))
    tokens.push(...await Promise.all(batch))
  }
  const ask = async (token) => {
    const { status } = await send(authorizer.port, { target: '/check', headers: [['X-Original-Method', 'GET'], ['X-Original-URI', '/orders'], bearer(token)], wait: 5_000 })
    if (status !== 200) throw new Error(`a good token was answered with ${status}`)
  }
  for (let round = 0; round < tokens.length; round++) await ask(tokens[0])
  const before = memory(authorizer.process.pid)
  for (const token of tokens) await ask(token)
  const after = memory(authorizer.process.pid)
  await authorizer.process.stop()
  const line = `Resident memory ${before} kB; ${after - before} kB more after one check with each of 2,000 tokens of ${tokens[0].length} bytes.`
  console.log(line)
  return line
}

/** Checks over HTTP without a proxy: `wrk` asks as Envoy does. */
async function direct(scene, always, alwaysPort, one) {
  const authorizer = await scene.authorizer('envoy', { name: 'direct', more: ['--threads', '1'] })
  await ready(authorizer)
  const samples = []
  for (let round = 0; round < 3 * rounds; round++) {
    const [base] = await load(alwaysPort, [always.pid], one, '/check/orders')
    const [ours] = await load(authorizer.port, [authorizer.process.pid], one, '/check/orders')
    samples.push([base, ours, ours / base])
  }
  await authorizer.process.stop()
  const [base, ours, ratio] = [0, 1, 2].map((index) => median(samples.map((sample) => sample[index])))
  return `Without a proxy, over HTTP: always allowed ${base.toFixed(1)} µs, known token ${ours.toFixed(1)} µs, ${ratio.toFixed(2)} × (${samples.length} pairs).`
}

const ONE_CORE = { GOMAXPROCS: '1' }
const median = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]

try {
  const scene = new Scene()
  await scene.start()
  // A backend that costs the same in each measurement, and is not measured.
  const backendPort = await freePort()
  const backendFile = path.join(folder, 'backend.conf')
  writeFileSync(backendFile, `daemon off; worker_processes 1; pid ${folder}/backend.pid; error_log ${folder}/backend.log warn;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path ${folder}/b1; proxy_temp_path ${folder}/b2; fastcgi_temp_path ${folder}/b3; uwsgi_temp_path ${folder}/b4; scgi_temp_path ${folder}/b5;
server { listen 127.0.0.1:${backendPort}; location / { return 200 "ok"; } } }`)
  await listens(backendPort, new Process('backend', 'nginx', ['-p', folder, '-c', backendFile, '-e', path.join(folder, 'backend.log')]))

  const one = script('one', [scene.tokens.read])
  const many = script('many', await Promise.all(Array.from({ length: 200 }, (_, index) => scene.mint({ as: 'bob', scopes: ['orders/read'], claims: { number: index } }))))
  const [httpPort, grpcPort] = [await freePort(), await freePort()]
  const always = new Process('always', process.env.ALWAYS_BIN, [`127.0.0.1:${httpPort}`, `127.0.0.1:${grpcPort}`])
  await listens(grpcPort, always)

  const memoryLine = await sizing(scene)
  const directLine = await direct(scene, always, httpPort, one)
  console.log(directLine)
  const rows = []
  const names = (process.env.PROXIES ?? Object.keys(PROXIES).join(' ')).split(' ')
  for (const name of names) {
    const { mode } = PROXIES[name]
    const authorizer = await scene.authorizer(mode, { name: `measured-${name}`, more: ['--threads', '1'] })
    await ready(authorizer)
    const config = scene.routesFile(`forgetful-${name}.toml`, { settings: 'result_ttl = 0' })
    const forgetful = await scene.authorizer(mode, { name: `forgetful-${name}`, config, more: ['--threads', '1'] })
    await ready(forgetful)
    const at = { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backendPort, env: ONE_CORE, wrap: ['taskset', '-c', '0'] }
    const fronts = {
      alone: await start(name, { ...at, edit: alone[name] }),
      always: await start(name, { ...at, authorizer: httpPort, grpc: grpcPort }),
      ours: await start(name, at),
      forgetful: await start(name, { ...at, authorizer: forgetful.port, grpc: forgetful.grpc }),
    }
    if (name === 'envoy') {
      fronts.jwt = await start(name, { ...at, edit: ownFilters(scene, false) })
      fronts['jwt, cached'] = await start(name, { ...at, edit: ownFilters(scene, true) })
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      await answers(fronts.jwt.port, scene.tokens)
    }
    const samples = {}
    const add = (what, [proxy, other]) => { (samples[what] ??= []).push([proxy, other]) }
    // One after another in each round, so that a change of the machine's load meets all of them.
    for (let round = 0; round < rounds; round++) {
      add('alone', [...(await load(fronts.alone.port, [fronts.alone.process.pid], one)), NaN])
      add('always', await load(fronts.always.port, [fronts.always.process.pid, always.pid], one))
      add('ours, known token', await load(fronts.ours.port, [fronts.ours.process.pid, authorizer.process.pid], one))
      add('ours, 200 known tokens', await load(fronts.ours.port, [fronts.ours.process.pid, authorizer.process.pid], many))
      add('ours, nothing remembered', await load(fronts.forgetful.port, [fronts.forgetful.process.pid, forgetful.process.pid], one))
      for (const filter of ['jwt', 'jwt, cached']) {
        if (fronts[filter]) add(filter, [...(await load(fronts[filter].port, [fronts[filter].process.pid], one)), NaN])
      }
    }
    const of = (what, index) => median(samples[what].map((sample) => sample[index]))
    for (const what of Object.keys(samples)) {
      const added = of(what, 0) - of('alone', 0)
      const own = of(what, 1)
      const ratio = what.startsWith('ours') ? median(samples[what].map((sample, index) => sample[1] / samples.always[index][1])).toFixed(2) : ''
      rows.push([name, what, of(what, 0).toFixed(1), added.toFixed(1), Number.isNaN(own) ? '' : own.toFixed(1), ratio])
      console.log(rows.at(-1).join('\t'))
    }
    console.log(`${name}: resident memory of the authorizer ${memory(authorizer.process.pid)} kB`)
    for (const front of Object.values(fronts)) await front.stop()
    await authorizer.process.stop()
    await forgetful.process.stop()
  }
  console.log(`\n${cpus().length} cores, ${cpus()[0].model}; 16 connections, ${rounds} rounds of ${seconds} s, medians, microseconds of CPU a request`)
  console.log('| proxy | check | proxy | added to the proxy | authorizer | × always |\n|---|---|---|---|---|---|')
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
  console.log(`\n${directLine}\n${memoryLine}`)
} finally {
  await stopAll()
}
process.exit(0)
