import { mayBeTooDeep, tooDeep } from '../jsonl/plain-json.js'

/**
 * JSON from elsewhere: undefined where it is none, or is nested so deeply that whoever walks
 * through it would run out of stack. Some gateways put a byte order mark before it.
 */
export const json = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
    return mayBeTooDeep(text) && tooDeep(value) ? undefined : value
  } catch {
    return undefined
  }
}
