// Processes that the tests start, each stopped by its own id.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const folder = process.env.PROXIES_RUN
mkdirSync(folder, { recursive: true })

/** A free port outside the range from which the kernel chooses, so that no other program gets it before it is used. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_768)
    const server = net.createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(() => true, () => false)
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

const running = new Set()

export class Process {
  /** Starts a program; `name` is that of its log. */
  constructor(name, command, args, options = {}) {
    this.name = name
    this.log = path.join(folder, `${name}.log`)
    const log = createWriteStream(this.log, { flags: 'a' })
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    this.output = ''
    this.child.stdout.on('data', (data) => { if (this.output.length < 100_000) this.output += data })
    this.child.stdout.pipe(log, { end: false })
    this.child.stderr.pipe(log, { end: false })
    this.ended = once(this.child, 'exit').then(() => { running.delete(this); this.hasEnded = true })
    running.add(this)
  }

  get pid() { return this.child.pid }

  signal(name) { this.child.kill(name) }

  /** Suspends it, and waits until each of its threads is: on a busy machine, that takes a while. */
  async suspend() {
    this.child.kill('SIGSTOP')
    const state = (task) => readFileSync(`/proc/${this.pid}/task/${task}/stat`, 'utf8').split(') ')[1][0]
    while (readdirSync(`/proc/${this.pid}/task`).some((task) => state(task) !== 'T')) await delay(10)
  }

  async says(pattern) {
    for (let tries = 0; tries < 1200; tries++) {
      const found = this.output.match(pattern)
      if (found) return found
      if (this.hasEnded) break
      await delay(25)
    }
    throw new Error(`${this.name} did not start; see ${this.log}`)
  }

  async stop(signal = 'SIGTERM') {
    if (this.hasEnded) return
    const workers = this.children()
    this.child.kill('SIGCONT')
    this.child.kill(signal)
    const killed = setTimeout(() => this.child.kill('SIGKILL'), 15_000)
    await this.ended
    clearTimeout(killed)
    // A master of nginx that is killed leaves its worker behind.
    for (const worker of workers) {
      try { process.kill(worker, 'SIGKILL') } catch { /* it has ended */ }
    }
  }

  /** The processes that it has started. */
  children() {
    try {
      return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    } catch {
      return []
    }
  }
}

export async function stopAll() {
  await Promise.all([...running].map((process) => process.stop('SIGKILL')))
}

/** Waits until something listens. */
export async function listens(port, process) {
  for (let tries = 0; tries < 1200; tries++) {
    const socket = net.connect(port, '127.0.0.1')
    const isOpen = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    if (process?.hasEnded) break
    await delay(25)
  }
  throw new Error(`nothing listens on port ${port}; see ${process?.log}`)
}
