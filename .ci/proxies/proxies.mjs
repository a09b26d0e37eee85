// The proxies, each with the configuration that `serve --print-config` prints.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { send } from './client.mjs'
import { Process, folder, freePort, listens } from './processes.mjs'

const command = process.env.AUTHORIZER_BIN
const binaries = process.env.PROXIES_BIN

const printed = (target, addresses) =>
  execFileSync(command, ['serve', '--print-config', target, ...addresses], { encoding: 'utf8' })

/** What each proxy is called with `--proxy`, and whether it asks over gRPC. */
export const PROXIES = {
  nginx: { mode: 'nginx' },
  haproxy: { mode: 'haproxy' },
  caddy: { mode: 'caddy' },
  traefik: { mode: 'traefik' },
  envoy: { mode: 'envoy' },
  'envoy-grpc': { mode: 'envoy', grpc: true },
}

/** Starts the proxy. With `h2`, its listener speaks HTTP/2 without TLS, which some do on the same port as HTTP/1.1. */
export async function start(name, { authorizer, grpc, backend, h2 = false, edit = (text) => text, env = {}, wrap = [] }) {
  const port = await freePort()
  const at = path.join(folder, `${name}-${port}`)
  mkdirSync(at, { recursive: true })
  const addresses = ['--listen', `127.0.0.1:${authorizer}`, '--front', `127.0.0.1:${port}`, '--backend', `127.0.0.1:${backend}`]
  if (grpc) addresses.push('--grpc-listen', `127.0.0.1:${grpc}`)
  const write = (file, text) => { writeFileSync(path.join(at, file), text); return path.join(at, file) }
  const config = (target) => edit(printed(target, addresses))
  const run = (program, args, options = {}) => {
    const [first, ...rest] = [...wrap, program, ...args]
    return new Process(`${name}-${port}`, first, rest, { cwd: at, ...options, env: { ...process.env, ...env, ...options.env } })
  }
  let started
  switch (name) {
    case 'nginx': {
      let text = config('nginx')
      if (h2) text = text.replace(/listen (\S+);/, 'listen $1 http2;')
      write('cognito.conf', text)
      const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${at}/${kind};`).join(' ')
      const file = write('nginx.conf', `daemon off; worker_processes 1; pid ${at}/nginx.pid; error_log ${at}/error.log warn;
events { worker_connections 4096; }
http { access_log off; ${temp} large_client_header_buffers 8 64k; include ${at}/cognito.conf; }`)
      started = run('nginx', ['-p', at, '-c', file, '-e', path.join(at, 'error.log')])
      break
    }
    case 'haproxy': {
      let text = config('haproxy')
      if (h2) text = text.replace(/bind (\S+)/, 'bind $1 proto h2')
      write('cognito.lua', config('haproxy-lua'))
      const file = write('haproxy.cfg', text)
      started = run('haproxy', ['-db', '-f', file])
      break
    }
    case 'caddy': {
      const options = h2 ? '{\n\tadmin off\n\tservers {\n\t\tprotocols h1 h2c\n\t}\n}\n' : '{\n\tadmin off\n}\n'
      const file = write('Caddyfile', options + config('caddy'))
      started = run(path.join(binaries, 'caddy'), ['run', '--adapter', 'caddyfile', '--config', file], { env: { HOME: at, XDG_DATA_HOME: at, XDG_CONFIG_HOME: at } })
      break
    }
    case 'traefik': {
      const file = write('cognito.yaml', config('traefik'))
      started = run(path.join(binaries, 'traefik'), [`--entryPoints.web.address=127.0.0.1:${port}`, `--providers.file.filename=${file}`, '--log.level=WARN', '--global.checkNewVersion=false', '--global.sendAnonymousUsage=false'], { env: { HOME: at } })
      break
    }
    default: {
      const file = write('envoy.yaml', config(name))
      started = run(path.join(binaries, 'envoy'), ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'], { env: { HOME: at } })
    }
  }
  await listens(port, started)
  if (name === 'traefik') await routes(port)
  return {
    name,
    port,
    process: started,
    version: version(name),
    // A killed master of nginx would leave its worker behind.
    stop: () => started.stop(name === 'nginx' ? 'SIGTERM' : 'SIGKILL'),
  }
}

/** Traefik listens before it has read its routes. */
async function routes(port) {
  for (let tries = 0; tries < 400; tries++) {
    const { status } = await send(port, { target: '/health' })
    if (status !== 404) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('traefik has no routes')
}

function version(name) {
  if (name === 'nginx') return readVersion(execVersion('sh', ['-c', 'nginx -v 2>&1']))
  if (name === 'haproxy') return readVersion(execVersion('haproxy', ['-v']))
  const program = path.join(binaries, name.replace('-grpc', ''))
  return readVersion(execVersion(program, [name.startsWith('envoy') ? '--version' : 'version']))
}

const execVersion = (program, args) => execFileSync(program, args, { encoding: 'utf8' })
const readVersion = (text) => text.match(/\d+\.\d+\.\d+/)?.[0] ?? text.trim()

