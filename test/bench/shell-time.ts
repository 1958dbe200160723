/**
 * CPU seconds and wall time of any program, as bash's `time` tells them: from outside, so that
 * neither an empty script nor a program that is not Node's pays for being measured.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface Times {
  cpu: number
  wall: number
}

/** `line` is run by bash, its stdin empty and its stdout and stderr dropped. Throws where it fails. */
export const timeOf = async (line: string): Promise<Times> => {
  const script = `TIMEFORMAT='%R %U %S'; time { ${line} ; } >/dev/null 2>&1`
  const bash = spawn('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [said, [code]] = await Promise.all([
    text(bash.stderr),
    once(bash, 'close') as Promise<[number | null]>,
  ])
  if (code !== 0) throw new Error(`expected ${line} to succeed, it ended with ${code}`)
  const [wall = NaN, user = NaN, system = NaN] = said
    .trim()
    .split(' ')
    .map(seconds => Number(seconds.replace(',', '.')))
  return { cpu: user + system, wall }
}

/** A word for bash, whatever stands in it. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
