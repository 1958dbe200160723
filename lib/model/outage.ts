/**
 * All servers of a group are out. Calls wait, the servers are asked again, and after the deadline
 * without any of them it is over: the calls end as unreachable, and whoever runs them is told. A
 * server that is on trial by then is waited for: it may be about to answer.
 */
import type { Health } from './health.js'

export interface OutageOptions {
  /** How long to wait for a server. */
  deadlineMs: number
  /** Calls that want one. */
  waiting: () => number
  log: (line: string) => void
  /** No server came back in time; the message says which, and what they answered. */
  onLost: (message: string) => void
}

/** A server as far as an outage sees it. */
export interface OutageServer {
  readonly address: { readonly shown: string }
  readonly health: Health
}

export class Outage {
  readonly #servers: readonly OutageServer[]
  readonly #options: OutageOptions
  #timer: NodeJS.Timeout | undefined
  #lost: string | undefined
  /** The deadline has passed during a trial: one that fails ends it all. */
  #overdue = false

  constructor(servers: readonly OutageServer[], options: OutageOptions) {
    this.#servers = servers
    this.#options = options
    for (const { health } of servers)
      health.watch({ out: () => this.#check(), well: () => this.stop() })
  }

  /** The message, once the deadline has passed and until a server is back. */
  get lost(): string | undefined {
    return this.#lost
  }

  /** Over, for a server is back or nobody waits. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lost = undefined
    this.#overdue = false
  }

  #check(): void {
    if (this.#timer || this.#lost || this.#servers.some(({ health }) => health.well))
      return
    // Later, not now: the call on trial is still being told of its own failure.
    if (this.#overdue) return this.#await(0)
    const { deadlineMs, log } = this.#options
    log(
      `${this.#who()}. Open calls wait and nothing is lost; asked again every few seconds, for ${seconds(deadlineMs)} at most`,
    )
    this.#await(deadlineMs)
  }

  /** Keeps the process alive: calls wait for it, and may have nothing else. */
  #await(ms: number): void {
    const { deadlineMs, waiting, onLost } = this.#options
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#overdue = this.#servers.some(({ health }) => health.onTrial)
      if (this.#overdue) return
      if (waiting() === 0) return this.#await(deadlineMs)
      this.#lost = `${this.#who()}; waited ${seconds(deadlineMs)} for one to come back`
      onLost(this.#lost)
    }, ms)
  }

  #who(): string {
    const each = this.#servers.map(
      ({ address, health }) => `${address.shown} (${health.why})`,
    )
    return each.length === 1
      ? `the model server is out: ${each.join()}`
      : `all ${each.length} model servers are out: ${each.join(', ')}`
  }
}

const seconds = (ms: number): string => `${ms / 1000} s`
