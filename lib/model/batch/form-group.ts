/**
 * Who goes along with a call whose turn it is: of the calls that wait with the same key, those
 * that one request can ask for so that each gets the text it would get by itself.
 */
import type { Message, ModelCall } from '../model.js'
import type { Body } from '../wire.js'
import { type BatchForm, type Group, type Member, sequencesOf } from './form.js'
import { setsTheForm } from './group-key.js'

export interface GroupBounds {
  /** Sequences that the server has room for, the first call's included. */
  room: number
  /** Calls a request may carry: see `groupSize`. */
  most: number
  /** Which forms this server takes, as far as is known. */
  takes: (form: BatchForm) => boolean
  /** Fields of every request of this owner; they win over those of a call. */
  extraBody: Body
}

/** A burst may leave thousands waiting under one key; whoever fits stands near the front. */
const looked = 4

/** Undefined where the call goes by itself. `waiting` may hold `first`, in any place. */
export const formGroup = <M extends Member>(
  first: M,
  waiting: Iterable<M>,
  { room, most, takes, extraBody }: GroupBounds,
): Group<M> | undefined => {
  const size = Math.min(most, Math.floor(room / sequencesOf(first.request)))
  if (size < 2 || first.groupKey === undefined || setsTheForm(extraBody)) return undefined

  const { greedy, seedIsFixed } = drawing(first.request, extraBody)
  const wide: BatchForm = first.request.prompt === undefined ? 'chats' : 'list'
  const takesWide = takes(wide)
  // vLLM refuses n > 1 without a temperature, and gives copy k the seed + k.
  const takesSamples =
    takes('samples') && !greedy && !seedIsFixed && sequencesOf(first.request) === 1

  const others: M[] = [first]
  const samples: M[] = [first]
  let left = looked * size
  for (const call of waiting) {
    if (call === first) continue
    if (left-- === 0 || others.length === size || samples.length === looked * size) break
    if (
      takesWide &&
      (greedy ||
        seedIsFixed ||
        call.request.sampling.seed === first.request.sampling.seed)
    )
      others.push(call)
    if (takesSamples && asksTheSame(call.request, first.request)) samples.push(call)
  }

  const run = inSuccession(samples, first, size)
  if (run.length > 1 && run.length >= others.length)
    return { form: 'samples', members: run }
  return others.length > 1 ? { form: wide, members: others } : undefined
}

interface Drawing {
  /** The most likely token each time: a seed changes nothing. */
  greedy: boolean
  /** Every call of this owner has the same seed, whatever its own says. */
  seedIsFixed: boolean
}

const drawing = ({ sampling, extra }: ModelCall, extraBody: Body): Drawing => {
  const { temperature = sampling.temperature, seed } = { ...extra, ...extraBody }
  return { greedy: temperature === 0, seedIsFixed: seed !== undefined }
}

/** The calls around `first` whose seeds follow on each other; all of them if none has a seed. */
const inSuccession = <M extends Member>(
  calls: readonly M[],
  first: M,
  size: number,
): M[] => {
  const { seed } = first.request.sampling
  if (seed === undefined)
    return calls.filter(call => call.request.sampling.seed === undefined).slice(0, size)
  const bySeed = new Map<number, M>([[seed, first]])
  for (const call of calls) {
    const own = call.request.sampling.seed
    if (own !== undefined && !bySeed.has(own)) bySeed.set(own, call)
  }
  const run = [first]
  for (let at = seed + 1, next; run.length < size && (next = bySeed.get(at)); at++)
    run.push(next)
  for (let at = seed - 1, next; run.length < size && (next = bySeed.get(at)); at--)
    run.unshift(next)
  return run
}

/** The samples of a record share their messages; a custom step may build them anew each time. */
const asksTheSame = (a: ModelCall, b: ModelCall): boolean =>
  a.prompt === b.prompt &&
  (a.messages === b.messages || sameTurns(a.messages, b.messages))

const sameTurns = (a: readonly Message[] = [], b: readonly Message[] = []): boolean =>
  a.length === b.length &&
  a.every(({ role, content }, i) => role === b[i]?.role && content === b[i].content)
