/**
 * Reads the JSON a model was asked for out of what it wrote: bare, in a code block, with prose
 * round it, or slightly broken. What a model says is never trusted: a piece of something larger,
 * a cut-off object or a torn one is no answer, however well that piece would parse.
 */
import { mayBeTooDeep } from '../jsonl/plain-json.js'
import { wellFormed } from '../jsonl/well-formed.js'
import { repairJson } from './json/repair.js'
import { jsonSpans, maxDepth, type Span } from './json/spans.js'

export interface Reading {
  value: unknown
  /**
   * `strict` the whole text is JSON · `fenced` a code block is · `embedded` an object with prose
   * round it · `partial` one of several objects · `repaired` what was written is not JSON.
   */
  how: 'strict' | 'fenced' | 'embedded' | 'partial' | 'repaired'
  /** What was read, as it stands in the text. */
  piece: string
  /** There is nothing else in the text, thoughts included; a code block's own marks aside. */
  alone: boolean
  /**
   * Other objects in the text that fit as well, in order; undefined for one that cannot be read.
   * Empty for a well-behaved reply. Where a wrong answer is dear, compare.
   */
  rivals: unknown[]
}

export interface ReadJsonOptions {
  /** Whether a value has the shape that was asked for; without it any object or array has. */
  fits?: (value: unknown) => boolean
}

/** Replies longer than this are not read; no answer that we ask for comes near. In characters. */
export const maxReplyLength = 1_000_000

/**
 * Of several objects that fit the last counts: models that think aloud or correct themselves end
 * on what they mean. Nothing inside an object counts, so text that an answer quotes cannot speak
 * for it. Text that stops in the middle of a string or a value gives nothing; one that only lacks
 * its last brackets is `repaired`. That is no check of `finish_reason`: refuse `length` first.
 *
 * ```ts
 * readJson('Sure! {"answer": "no"}')  // { value: { answer: 'no' }, how: 'embedded', alone: false, … }
 * readJson('{"question": "Is i')       // undefined
 * ```
 */
export const readJson = (
  reply: string,
  { fits = () => true }: ReadJsonOptions = {},
): Reading | undefined => {
  if (reply.length > maxReplyLength) return undefined
  const text = afterThinking(wellFormed(reply)).trim()
  // What a grammar forces, and most replies are: the walk below would find this one span.
  const whole = isShallow(text) ? parse(text) : undefined
  const unthought = text.length === reply.trim().length
  if (whole !== undefined)
    return fits(whole)
      ? { value: whole, how: 'strict', piece: text, alone: unthought, rivals: [] }
      : undefined
  const found = jsonSpans(text)
  if (!found || found.torn) return undefined

  const from = Math.min(text.indexOf('{'), found.spans[0]?.start ?? 0)
  const braces = text.lastIndexOf('}') + 1 - from
  const readings = found.spans.map(span => read(text, span, braces))
  const at = readings.findLastIndex(reading => reading && fits(reading.value))
  const [last, span] = [readings[at], found.spans[at]]
  if (!last || !span) return undefined
  const rivals = readings.filter(other => other !== last && (!other || fits(other.value)))
  return {
    ...last,
    piece: text.slice(span.start, span.end),
    alone: unthought && standsAlone(text, span),
    rivals: rivals.map(other => other?.value),
  }
}

/**
 * Whether a text holds an object that `readJson` would take, or one that cannot be told from it:
 * in doubt yes, for texts that somebody may quote in a reply.
 */
export const mayHold = (text: string, fits: (value: unknown) => boolean): boolean => {
  if (text.length > maxReplyLength) return text.includes('{')
  const found = jsonSpans(text)
  if (!found || found.torn) return true
  return found.spans.some(span => {
    const reading = read(text, span, 0)
    return reading !== undefined && fits(reading.value)
  })
}

const standsAlone = (text: string, { start, end }: Span): boolean =>
  /^(?:```[\w-]*\s*)?$/.test(text.slice(0, start)) &&
  /^\s*(?:```)?$/.test(text.slice(end))

/** Opens with a bracket, and has too few of them to be nested deeper than is read. */
const isShallow = (text: string): boolean =>
  /^[[{]/.test(text) && !mayBeTooDeep(text, maxDepth)

/** Drafts in thinking text are no answer. Servers with a reasoning parser have removed them. */
const afterThinking = (reply: string): string => {
  const end = /^\s*[[{]/.test(reply) ? -1 : reply.lastIndexOf(thinkingEnd)
  return end < 0 ? reply : reply.slice(end + thinkingEnd.length)
}
const thinkingEnd = '</think>'

const read = (
  text: string,
  { start, end, closed, fenced }: Span,
  braces: number,
): Pick<Reading, 'value' | 'how'> | undefined => {
  const piece = text.slice(start, end)
  const value = closed ? parse(piece) : undefined
  if (value === undefined) {
    const repaired = repairJson(closed ? piece : withoutFence(piece))
    const mended = repaired === undefined ? undefined : parse(repaired)
    return mended === undefined ? undefined : { value: mended, how: 'repaired' }
  }
  if (piece.length === text.length) return { value, how: 'strict' }
  if (fenced) return { value, how: 'fenced' }
  return { value, how: piece.length >= 0.8 * braces ? 'embedded' : 'partial' }
}

const withoutFence = (piece: string): string =>
  (piece.endsWith('```') ? piece.slice(0, -3) : piece).trimEnd()

/** An object or array, without keys that could reach a prototype, and of whole characters. */
const parse = (text: string): unknown => {
  try {
    // A reviver makes JSON.parse several times slower, so only what may need it gets one.
    const value: unknown = mayNeedCare.test(text)
      ? JSON.parse(text, (key, value: unknown) =>
          key === '__proto__'
            ? undefined
            : typeof value === 'string'
              ? wellFormed(value)
              : value,
        )
      : JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** That key itself, an escape that may spell a part of it, or one that may be half a character. */
const mayNeedCare = /__proto__|\\u00|\\u[dD][89a-fA-F]/
