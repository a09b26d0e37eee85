// Revoked tokens in a real Redis: `serve --deny-list`.
import net from 'node:net'
import { send } from './client.mjs'
import { Process, folder, freePort, listens } from './processes.mjs'
import { bearer } from './requests.mjs'
import { ready } from './scene.mjs'

/** One command of Redis, by its inline protocol. */
function redis(port, command) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.on('data', (data) => { socket.destroy(); resolve(data.toString()) })
    socket.on('error', reject)
  })
}

export async function denyList({ scene, report }) {
  const port = await freePort()
  const server = new Process('redis', 'redis-server', ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'no'])
  await listens(port, server)
  const authorizer = await scene.authorizer('nginx', { name: 'authorizer-deny-list', more: ['--deny-list', `redis://127.0.0.1:${port}`, '--timeout', '2000'] })
  await ready(authorizer)
  const token = scene.tokens.read
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
  const pool = scene.pool.id
  const ask = async () => {
    const headers = [['X-Original-Method', 'GET'], ['X-Original-URI', '/orders'], bearer(token)]
    return `${(await send(authorizer.port, { target: '/check', headers, wait: 10_000 })).status}`
  }
  report.same('not listed', await ask(), '200')
  for (const [what, key, value, expected] of [
    ['jti', `revoked:${pool}:token:${claims.jti}`, '""', '401'],
    ['origin_jti', `revoked:${pool}:sign-in:${claims.origin_jti}`, '""', '401'],
    ['sub', `revoked:${pool}:subject:${claims.sub}`, '""', '401'],
    ['sub, until after the token was issued', `revoked:${pool}:subject:${claims.sub}`, claims.iat + 1, '401'],
    ['sub, until before the token was issued', `revoked:${pool}:subject:${claims.sub}`, claims.iat - 1, '200'],
    ['sub, with a value that is no time', `revoked:${pool}:subject:${claims.sub}`, 'soon', '503'],
    ['of another pool', `revoked:another:token:${claims.jti}`, '""', '200'],
  ]) {
    await redis(port, `SET ${key} ${value}`)
    report.same(`listed by ${what}`, await ask(), expected)
    await redis(port, `DEL ${key}`)
  }
  report.same('no longer listed', await ask(), '200')
  await server.stop('SIGKILL')
  report.same('the list is gone', await ask(), '503')
  await authorizer.process.stop()
}
