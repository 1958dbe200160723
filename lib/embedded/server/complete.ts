/**
 * One answer to one prompt: reads what is new in it, draws token after token, and stops where
 * the request says so.
 */
import { readPieces, wholePieces, type Slot } from './slots.js'
import type { Drawing, TextEngine, Token } from './text-engine.js'

export interface CompletionOptions {
  drawing: Drawing
  maxTokens: number
  stop: string[]
  signal: AbortSignal
}

export interface Completion {
  text: string
  finish: 'stop' | 'length'
  stopReason: string | null
  tokens: number
}

/** Rejects with the signal's reason, and with whatever the engine throws. */
export const complete = async (
  engine: TextEngine,
  slot: Slot,
  prompt: Token[],
  { drawing, maxTokens, stop, signal }: CompletionOptions,
): Promise<Completion> => {
  // The last token is read by `write`, which needs one; the pieces end before it.
  const pieces = prompt.slice(0, wholePieces(prompt.length - 1))
  await readPieces(slot, pieces, signal)
  const out: Token[] = []
  const done = (finish: Completion['finish'], text = engine.decode(out)): Completion => ({
    text: text.replace(/\ufffd+$/, ''),
    finish,
    stopReason: null,
    tokens: out.length,
  })
  const isStopped = stopFinder(engine, stop)
  for await (const token of slot.sequence.write(prompt.slice(pieces.length), drawing)) {
    signal.throwIfAborted()
    if (engine.isEnd(token)) return done('stop')
    out.push(token)
    if (drawing.grammar !== undefined && isWholeJson(engine, out)) return done('stop')
    const stopped = isStopped(out)
    if (stopped) return { ...done('stop', stopped.text), stopReason: stopped.by }
    if (out.length >= maxTokens) return done('length')
  }
  return done('stop')
}

/**
 * The engine's grammar lets blank lines follow the object and knows no end of answer before
 * them. Only a token with a closing brace can make the text whole.
 */
const isWholeJson = (engine: TextEngine, out: Token[]): boolean => {
  if (!engine.decode(out.slice(-1)).includes('}')) return false
  try {
    JSON.parse(engine.decode(out))
    return true
  } catch {
    return false
  }
}

const stopFinder = (engine: TextEngine, stop: string[]) => {
  // A token is at least one byte, so the last tokens hold any stop string that just ended.
  const reach = Math.max(0, ...stop.map(text => Buffer.byteLength(text))) + 1
  return (out: Token[]): { text: string; by: string } | undefined => {
    if (stop.length === 0) return undefined
    const tail = engine.decode(out.slice(-reach))
    if (!stop.some(text => tail.includes(text))) return undefined
    const whole = engine.decode(out)
    const found = stop
      .map(by => ({ by, at: whole.indexOf(by) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at)[0]
    return found && { text: whole.slice(0, found.at), by: found.by }
  }
}
