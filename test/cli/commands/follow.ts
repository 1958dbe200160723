import { EventEmitter } from 'node:events'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { runProgram } from '../../../fixtures/run-program.js'

/** A stdout that stops the program once it was given `lines` lines, with what it was given. */
const stopsAfter = (lines: number) => {
  const signals = new EventEmitter()
  const said = { text: '' }
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said.text += chunk.toString()
      if (said.text.split('\n').length > lines) signals.emit('SIGINT', 'SIGINT')
      done()
    },
  })
  return { signals, said, stdout }
}

t.test('a file from its start, on and on, until a signal', async t => {
  const file = join(t.testdir({ f: 'one\ntwo\nthr' }), 'f')
  const { said, ...edges } = stopsAfter(2)
  const ran = await runProgram(['follow', '--raw', file], edges)
  t.equal(ran.code, 130)
  t.match(ran.stderr, /f:3: stopped in the middle of this line/)
  t.equal(said.text, 'one\ntwo\n')
  t.match(ran.summary, { in: 2, out: 2, rejected: {}, stopped: true })
})

t.test('--new begins at its end', async t => {
  const file = join(t.testdir({ f: 'old\n' }), 'f')
  const { said, ...edges } = stopsAfter(1)
  // It is being written to all the time.
  const timer = setInterval(() => appendFileSync(file, 'new\n'), 5)
  const { code } = await runProgram(['follow', '--new', file], edges)
  // Not in a teardown: the folder may be gone by then.
  clearInterval(timer)
  t.equal(code, 130)
  t.match(said.text, /^(new\n)+$/)
})

t.test('what cannot be followed is refused with exit code 2', async t => {
  const refused = async (args: string[], stderr: RegExp) =>
    t.match(await runProgram(['follow', ...args]), { code: 2, stdout: '', stderr })
  await refused([], /missing required argument 'file'/)
  await refused(['a', 'b'], /too many arguments/)
  await refused(['-'], /expected a file to follow; stdin needs no following/)
  await refused([t.testdir()], /expected a file to follow, got the folder/)
})

t.test('a line that is left out is told at the end', async t => {
  const file = join(t.testdir({ f: `${'x'.repeat(2000)}\none\n` }), 'f')
  const ran = await runProgram(['follow', '--max-line', '1KiB', file], stopsAfter(1))
  t.match(ran.summary, { in: 2, out: 1, rejected: { line_too_long: 1 } })
  t.match(ran.stderr, /rejected line_too_long at .*f:1: /)
})
