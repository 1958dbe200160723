/**
 * Which server gets a call. Load is what we have in flight there against its limit, counted at
 * dispatch, so the choice never lags behind what was just sent. The calls of one record begin
 * with the same text, which a server that has seen it need not read again: they go to one server,
 * as long as that one is hardly busier than the idlest.
 */
import type { Endpoint } from './endpoint.js'

/** A server may be busier than the idlest by this part of its limit before its records spill over. */
const margin = 1 / 8
/** The same in sequences, for limits so small that an eighth of them is nothing. */
const marginSequences = 2

export interface Placed {
  sequences: number
  alone: boolean
  /** Where its record stands in the input: equal ranks share text. */
  rank: number
  /** Where it was sent last, and failed: it goes elsewhere if it can. */
  endpoint: Endpoint | undefined
}

export class EndpointPicker {
  readonly #places: readonly { endpoint: Endpoint; key: number }[]
  readonly #random: () => number

  constructor(endpoints: readonly Endpoint[], random: () => number = Math.random) {
    // By address and not by place in the list: six processes of one pipe choose alike.
    this.#places = endpoints.map(endpoint => ({
      endpoint,
      key: hashOf(endpoint.address.shown),
    }))
    this.#random = random
  }

  /** Undefined while there is no room for the call anywhere. */
  pick(call: Placed): Endpoint | undefined {
    const idlest = this.#idlest(call)
    if (idlest === undefined || this.#places.length === 1) return idlest
    const home = this.homeOf(call.rank)
    if (home === undefined || home === call.endpoint || !admits(home, call)) return idlest
    return isNear(home, idlest) ? home : idlest
  }

  /** Whether a call that waits near the front may be sent there before the front is. */
  suits(endpoint: Endpoint, call: Placed): boolean {
    return (
      this.homeOf(call.rank) === endpoint &&
      call.endpoint !== endpoint &&
      admits(endpoint, call)
    )
  }

  /**
   * The server for the records of this rank, of those that get calls at all: rendezvous hashing,
   * so that a server that goes or comes moves no records but its own.
   */
  homeOf(rank: number): Endpoint | undefined {
    let home: Endpoint | undefined
    let highest = -1
    for (const { endpoint, key } of this.#places) {
      if (!endpoint.health.usable) continue
      const height = mixed(rank, key)
      if (height > highest) [home, highest] = [endpoint, height]
    }
    return home
  }

  /** Of equals any one: always the first would get all calls of a quiet hour. */
  #idlest(call: Placed): Endpoint | undefined {
    let best: Endpoint | undefined
    let equals = 0
    for (const { endpoint } of this.#places) {
      if (!admits(endpoint, call)) continue
      const by = best ? compare(endpoint, best, call.endpoint) : -1
      equals = by < 0 ? 1 : by > 0 ? equals : equals + 1
      if (by < 0 || (by === 0 && this.#random() * equals < 1)) best = endpoint
    }
    return best
  }
}

/** The one call of a trial goes beyond the limit: all of that may be held by calls that hang. */
const admits = ({ limit, health }: Endpoint, { sequences, alone }: Placed): boolean => {
  if (health.onTrial && !alone) return health.awaitsTrial
  return health.usable && limit.admits(sequences, alone)
}

const isNear = (home: Endpoint, idlest: Endpoint): boolean =>
  loadOf(home) <= loadOf(idlest) + Math.max(margin, marginSequences / home.limit.max)

const loadOf = ({ limit }: Endpoint): number => limit.inFlight / limit.max

/** Negative when `a` is the better place. */
const compare = (a: Endpoint, b: Endpoint, failedAt: Endpoint | undefined): number =>
  Number(a === failedAt) - Number(b === failedAt) || loadOf(a) - loadOf(b)

/** FNV-1a: the same in every process. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++)
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** The two numbers stirred into one of 32 bits (the end of murmur3). */
const mixed = (rank: number, key: number): number => {
  let hash = Math.imul(rank, 0x9e3779b1) ^ key
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
