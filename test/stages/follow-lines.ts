import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { until } from '../../fixtures/until.js'
import { accountedIn, Ledger } from '../../lib/ledger.js'
import { followLines } from '../../lib/stages/follow-lines.js'

const following = (t: Test, content: string, maxLine = 1000) => {
  const file = `${t.testdir({ f: content })}/f`
  const stopping = new AbortController()
  t.teardown(() => stopping.abort())
  const ledger = new Ledger()
  const rejected: unknown[] = []
  ledger.onReject = ({ reject }) => void rejected.push(reject?.message)
  const lines: string[] = []
  const said: string[] = []
  const { signal } = stopping
  const log = (line: string) => said.push(line)
  const stream = accountedIn(ledger, () =>
    followLines(file, { maxLine, onlyNew: false }, { signal, log }),
  )
  const ended = (async () => {
    for await (const line of stream) lines.push(line as string)
  })()
  const came = (...all: string[]) => until(() => lines.join('|') === all.join('|'))
  const stop = () => {
    stopping.abort()
    return ended
  }
  return { file, ledger, rejected, lines, said, came, stop }
}

t.test('lines come as they are, each by itself, and are counted', async t => {
  const { file, ledger, came, stop } = following(t, 'a\r\n\n{"b":1}\nhal')
  await came('a\r\n', '\n', '{"b":1}\n')
  appendFileSync(file, 'f\nmore')
  await came('a\r\n', '\n', '{"b":1}\n', 'half\n')
  await stop()
  t.equal(ledger.in, 4)
})

t.test('the end of a file ends its last line', async t => {
  const { file, came } = following(t, 'one\ntwo')
  await came('one\n')
  renameSync(file, `${file}.1`)
  writeFileSync(file, 'three\n')
  await came('one\n', 'two\n', 'three\n')
})

t.test('a line that cannot be passed on whole is left out, and told', async t => {
  const { file, ledger, rejected, came } = following(
    t,
    Buffer.concat([
      Buffer.from('one\n'),
      Buffer.from('x'.repeat(2000) + '\n'),
    ]).toString(),
  )
  appendFileSync(file, Buffer.from([0x61, 0xff, 0x0a]))
  appendFileSync(file, 'four\n')
  await came('one\n', 'four\n')
  t.same({ ...ledger.rejected }, { line_too_long: 1, bad_encoding: 1 })
  t.match(rejected, [/f:2: the line is longer than --max-line \(2000 bytes\)/, /f:3: /])
  t.equal(ledger.in, 4)
})

t.test('a stream that is destroyed while it waits ends', async t => {
  const file = `${t.testdir({ f: 'one\n' })}/f`
  const stream = followLines(file, { maxLine: 10, onlyNew: false }, {})
  for await (const line of stream) {
    t.equal(line, 'one\n')
    break
  }
  t.ok(stream.destroyed)
})

t.test('a last line that is not whole when it is stopped is told', async t => {
  const { file, said, came, stop } = following(t, 'one\nha')
  await came('one\n')
  await stop()
  t.same(said, [`${file}:2: stopped in the middle of this line, which is left out.`])
})

t.test('and where all lines are whole, nothing is', async t => {
  const { said, came, stop } = following(t, 'one\n')
  await came('one\n')
  await stop()
  t.same(said, [])
})
