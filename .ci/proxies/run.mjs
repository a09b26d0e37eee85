// Real proxies with the printed configuration, before a service that is not Rust: `bash .ci/run proxies`.
//
//   node run.mjs [PROXY…]      all of them, in the order of `PROXIES`
//
// Each line is what a client got. The run fails where something unauthorised reached the service, and where an answer is another
// than the one that is written down here or in `answers.mjs`.
import { Backend } from './backend.mjs'
import * as answers from './answers.mjs'
import { contract } from './contract.mjs'
import { denyList } from './deny_list.mjs'
import * as failures from './failures.mjs'
import { grpcCalls } from './grpc_calls.mjs'
import * as requests from './requests.mjs'
import { PROXIES, start } from './proxies.mjs'
import { stopAll } from './processes.mjs'
import { Scene, ready } from './scene.mjs'

const chosen = process.argv.slice(2)
const names = chosen.length ? chosen : Object.keys(PROXIES)
const problems = []

/** What a group of tests gets. */
class Report {
  constructor(name) { this.name = name }
  line(what, got) { console.log(`${this.name.padEnd(10)} ${what.padEnd(58)} ${got}`) }
  problem(text) { problems.push(`${this.name}: ${text}`); console.log(`${this.name.padEnd(10)} PROBLEM ${text}`) }
  /** Prints what was got, and compares it with what is written down. */
  same(what, got, expected) {
    this.line(what, got)
    if (got !== expected) this.problem(`${what}: got \`${got}\`, expected \`${expected}\``)
  }
}

const backend = new Backend()
try {
  await backend.start()
  const scene = new Scene()
  await scene.start()
  console.log('\n--- deny list')
  await denyList({ scene, report: new Report('deny list') })
  for (const name of names) {
    const { mode, grpc } = PROXIES[name]
    const began = Date.now()
    const authorizer = await scene.authorizer(mode, { name: `authorizer-${name}` })
    await ready(authorizer)
    const front = await start(name, { authorizer: authorizer.port, grpc: authorizer.grpc, backend: backend.port })
    const context = { name, mode, grpc, scene, backend, authorizer, front, report: new Report(name), expected: answers.of(name) }
    console.log(`\n--- ${name} ${front.version}`)
    await requests.ordinary(context)
    await requests.spoofed(context)
    await requests.hostilePaths(context)
    await requests.largeHeaders(context)
    await requests.bodiesAndUpgrades(context)
    await requests.http2(context)
    if (context.expected.grpcCalls) await grpcCalls(context)
    await contract(context)
    await failures.unavailable(context)
    await failures.hanging(context)
    await failures.restarted(context)
    await failures.gone(context)
    await front.stop()
    await authorizer.process.stop()
    console.log(`${name}: ${Math.round((Date.now() - began) / 1000)} s`)
  }
} catch (error) {
  problems.push(error.stack)
} finally {
  await stopAll()
  backend.stop()
}
if (problems.length) {
  console.error(`\n${problems.length} problems:\n${problems.join('\n')}`)
  process.exit(1)
}
console.log('\nnothing unauthorised reached the service')
process.exit(0)
