/**
 * Lines that come in one go leave as one piece of text. A write to a file or a pipe is a call to
 * the system, and one for each line was an eighth of the time that `parse` takes. A line never
 * waits for a later one: what is there leaves when the event loop comes round.
 */
import _ from '../flow/highland.js'
import type { Stage } from '../stage.js'

/** Characters that leave at once. */
const enough = 64 * 1024

export const gather = (): Stage<string, string> => source => {
  let text = ''
  let leaving: NodeJS.Immediate | undefined
  return source.consume<string>((error, line, push, next) => {
    const leave = () => {
      clearImmediate(leaving)
      leaving = undefined
      const lines = text
      text = ''
      if (lines !== '') push(null, lines)
    }
    if (error) {
      leave()
      push(error)
    } else if (_.isNil(line)) {
      leave()
      push(null, line as never)
      return
    } else {
      text += line as string
      if (text.length >= enough) leave()
      else leaving ??= setImmediate(leave)
    }
    next()
  })
}
