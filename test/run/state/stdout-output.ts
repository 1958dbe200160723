import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import type { Refuse } from '../../../lib/run/state/earlier.js'
import { StdoutOutput } from '../../../lib/run/state/stdout-output.js'

const refuse: Refuse = (changes, because) => because(changes)
const letPass = () => {}

const stdout = (more: object = {}) => {
  const lines: string[] = []
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      lines.push(text)
      done()
    },
  })
  return { lines, stream: Object.assign(stream, more) }
}

const fileBehind = (t: Test, text: string) => {
  const path = join(t.testdir({ rows: text }), 'rows')
  const fd = openSync(path, 'a')
  t.teardown(() => closeSync(fd))
  return fd
}

t.test('bytes are counted from where earlier sessions stopped', async t => {
  const { lines, stream } = stdout()
  const output = new StdoutOutput(stream, 10, refuse)
  await output.append('é\n')
  t.same(lines, ['é\n'])
  t.equal(output.end.bytes, 13)
})

t.test('a file that > has emptied is refused, one that >> goes on with is not', t => {
  const fd = fileBehind(t, '0123456789')
  t.throws(() => new StdoutOutput(stdout({ fd }).stream, 11, refuse), {
    code: 'state_mismatch',
    message: /file of 10 bytes.*>>/,
  })
  t.ok(new StdoutOutput(stdout({ fd }).stream, 11, letPass))
  t.ok(new StdoutOutput(stdout({ fd }).stream, 10, refuse))
  t.end()
})

t.test('a disk that fails behind >> is told, for what it took may be lost', async t => {
  const path = join(t.testdir({ rows: '' }), 'rows')
  const fd = openSync(path, 'a')
  const output = new StdoutOutput(stdout({ fd }).stream, 0, refuse)
  closeSync(fd)
  await t.rejects(output.append('row\n'), { code: 'write_failed', message: /stdout/ })
  t.equal(output.end.bytes, 0)
})

t.test('a reader that is gone is told as it is', async t => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) =>
      done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
  })
  stream.on('error', () => {})
  const output = new StdoutOutput(stream, 0, refuse)
  await t.rejects(output.append('row\n'), { code: 'EPIPE' })
  t.equal(output.end.bytes, 0)
})

t.test('a terminal gets no control characters', async t => {
  const { lines, stream } = stdout({ isTTY: true })
  await new StdoutOutput(stream, 0, refuse).append('{"a":"\u009b2J"}\n')
  t.notMatch(lines.join(''), /\u009b/)
})
