/**
 * Where the objects in a text that a model wrote begin and end: one walk from left to right, so
 * that no text can make it slow. On valid JSON it finds exactly the ends that JSON has; on broken
 * JSON it guesses, and a parser has to agree.
 */
import { opensString, stringEnd } from './string-end.js'

export interface Span {
  start: number
  /** After the closing bracket; the end of the text where there is none. */
  end: number
  /** False for a text that stops before its last bracket. */
  closed: boolean
  /** Stands at the start of a Markdown code block. */
  fenced: boolean
}

export interface Spans {
  /** Objects that stand free, in order: never one inside another, be it whole or broken. */
  spans: Span[]
  /** Some brace closes what nothing opened: an object was broken, and its end misread. */
  torn: boolean
}

/** Brackets within brackets; no answer that we ask for has more. */
export const maxDepth = 64

/** Undefined when brackets are nested deeper than `maxDepth`. */
export const jsonSpans = (text: string): Spans | undefined => {
  const spans: Span[] = []
  let open = 0
  let torn = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '}') {
      if (open === 0) torn = true
      else open--
    } else if (char === '{' || char === '[') {
      const fenced = fenceBefore.test(text.slice(Math.max(0, at - 40), at))
      objectLike.lastIndex = at
      if (at === 0 || fenced || (char === '{' && objectLike.test(text))) {
        const span = closing(text, at)
        if (!span) return undefined
        spans.push({ start: at, fenced, ...span })
        at = (open === 0 ? skipSurplus(text, span.end) : span.end) - 1
      } else if (char === '{') open++
    }
  }
  return { spans, torn }
}

/** ``` with or without a language, and the white space after it. */
const fenceBefore = /```[ \t]*[\w-]{0,12}\s*$/
/** A brace and a key, quoted or bare. Not `{placeholder}`, `{}` or a block of code. */
const objectLike = /\{\s*(?:["'“]|[A-Za-z_$][\w$]{0,60}\s*:)/y

/** A bracket too many right behind an object is a slip of the model's and tears nothing. */
const skipSurplus = (text: string, end: number): number => {
  surplus.lastIndex = end
  surplus.test(text)
  return surplus.lastIndex
}
const surplus = /[\s,}\]]*/y

/** Walks from an opening bracket to the one that closes it. */
const closing = (
  text: string,
  start: number,
): { end: number; closed: boolean } | undefined => {
  let depth = 0
  let last = ''
  for (let at = start; at < text.length; at++) {
    const char = text[at] as string
    if (opensString(char, last)) {
      const end = stringEnd(text, at)
      if (end < 0) break
      at = end
    } else if (char === '{' || char === '[') {
      if (++depth > maxDepth) return undefined
    } else if (char === '}' || char === ']') {
      if (--depth === 0) return { end: at + 1, closed: true }
    }
    if (char.trim() !== '') last = char
  }
  return { end: text.length, closed: false }
}
