/**
 * The engine of `inFlight` and `inOrder`: one reader of the source, one stream of results, and
 * a count of what lies between them. Highland's own `mergeWithLimit` makes three streams for
 * every item and cannot change its limit.
 *
 * Results wait here and not in Highland's buffers: there, a result that comes while the consumer
 * is paused starts the flow again (`next()` of `consume` resumes without a look at who is
 * paused), and a slow sink would have the whole corpus in memory.
 */
import _ from './highland.js'

/** At most this many items; a function is asked again each time, so that it can grow and shrink. */
export type WindowSize = number | (() => number)

export const sizeOf = (window: WindowSize): number =>
  typeof window === 'number' ? window : window()

/** What became of one item, or an error that came from the source. */
export type Result<Out> = { value: Out } | { error: Error }

/** Results between their end and the moment they are taken. */
export interface Results<Out> {
  /** `at`: the place of the item in the input. */
  put(at: number, result: Result<Out>): void
  /** The next one that may leave, if it is there. */
  take(): Result<Out> | undefined
}

/** What happens at the two ends of a window. */
export interface Edges<Out, Passed> {
  /** Passes on what a result is made of: once, several times or not at all. Without it: as it is. */
  pass?: (value: Out, push: (value: Passed) => void) => void
  /** Called once, when no item will follow those that were read. */
  onSourceEnd?: (() => void) | undefined
  /** Given a look into the window before anything is read. */
  onBegin?: (look: () => { open: number; ready: number }) => void
}

export interface Work<In, Out, Passed> extends Edges<Out, Passed> {
  run: (item: In) => Promise<Out>
  results: Results<Out>
  /** Whether one more item may be read, with `open` in the function and `held` not yet taken. */
  admits: (open: number, held: number) => boolean
}

/**
 * Nothing is read before somebody asks for a result. `admits` is asked whenever an item was
 * read, ended or taken: a wider window takes effect with the next of these, and needs no timer.
 * Destroying the result destroys the source and drops what is still open.
 */
export const throughWindow = <In, Out, Passed>(
  source: Highland.Stream<In>,
  { run, results, admits, pass, onSourceEnd, onBegin }: Work<In, Out, Passed>,
): Highland.Stream<Passed> => {
  let read = 0
  let open = 0
  let taken = 0
  let state: 'idle' | 'reading' | 'ended' | 'destroyed' = 'idle'
  let readOn: (() => void) | undefined
  /** Set while somebody waits for a result. */
  let wanted: { push: Push<Passed>; next: () => void } | undefined

  onBegin?.(() => ({ open, ready: read - taken - open }))

  const ended = (at: number, result: Result<Out>): void => {
    open--
    if (state === 'destroyed') return
    results.put(at, result)
    give()
    fill()
  }

  const begin = (item: In): void => {
    const at = read++
    open++
    run(item).then(
      value => ended(at, { value }),
      (error: Error) => ended(at, { error }),
    )
  }

  // Nobody reads from this stream: it is a tap on the source.
  const reader = source.consume<never>((error, item, push, next) => {
    if (state === 'destroyed') return
    if (error) {
      results.put(read++, { error })
      give()
    } else if (_.isNil(item)) {
      state = 'ended'
      push(null, item as never)
      onSourceEnd?.()
      give()
      return
    } else begin(item as In)
    if (admits(open, read - taken)) next()
    else readOn = next
  })

  const fill = (): void => {
    if (!readOn || state !== 'reading' || !admits(open, read - taken)) return
    const go = readOn
    readOn = undefined
    go()
  }

  /** Hands one result to whoever waits; `next` comes back for more. */
  const give = (): void => {
    if (!wanted) return
    const { push, next } = wanted
    const result = results.take()
    if (result) {
      wanted = undefined
      taken++
      if ('error' in result) push(result.error)
      else if (pass) pass(result.value, value => push(null, value))
      else push(null, result.value as unknown as Passed)
      fill()
      if (state !== 'destroyed') next()
    } else if (state === 'ended' && taken === read) {
      wanted = undefined
      push(null, _.nil)
    }
  }

  const output = _<Passed>((push, next) => {
    wanted = { push, next }
    if (state === 'idle') {
      state = 'reading'
      reader.resume()
    }
    give()
  })

  const destroy = output.destroy.bind(output)
  output.destroy = () => {
    state = 'destroyed'
    wanted = undefined
    reader.destroy()
    source.destroy()
    destroy()
  }
  return output
}

type Push<T> = (error: Error | null, value?: T | Highland.Nil) => void
