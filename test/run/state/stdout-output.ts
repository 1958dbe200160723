import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import type { Refuse } from '../../../lib/run/state/earlier.js'
import { StdoutOutput } from '../../../lib/run/state/stdout-output.js'

interface More {
  /** Bytes of earlier sessions. */
  bytes?: number
  identity?: string
  refuse?: Refuse
  log?: (line: string) => void
}

const open = (
  stream: Writable,
  { bytes = 0, identity = 'stdout', ...more }: More = {},
): StdoutOutput =>
  new StdoutOutput({
    stdout: stream,
    committed: bytes > 0 ? { bytes, tail: '', identity } : undefined,
    refuse: (changes, because) => because(changes),
    log: () => {},
    ...more,
  })

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

const fileBehind = (t: Test, text: string, flags = 'a') => {
  const path = join(t.testdir({ rows: text }), 'rows')
  const fd = openSync(path, flags)
  t.teardown(() => closeSync(fd))
  return fd
}

t.test('bytes are counted from where earlier sessions stopped', async t => {
  const { lines, stream } = stdout()
  const output = open(stream, { bytes: 10 })
  await output.append('é\n')
  t.same(lines, ['é\n'])
  t.equal(output.end.bytes, 13)
})

t.test('a file that > has emptied is refused, one that >> goes on with is not', t => {
  const fd = fileBehind(t, '0123456789')
  t.throws(() => open(stdout({ fd }).stream, { bytes: 11 }), {
    code: 'state_mismatch',
    message: /file of 10 bytes.*>>/,
  })
  t.ok(open(stdout({ fd }).stream, { bytes: 11, refuse: () => {} }))
  t.ok(open(stdout({ fd }).stream, { bytes: 10 }))
  t.end()
})

t.test('a disk that fails behind >> is told, for what it took may be lost', async t => {
  const path = join(t.testdir({ rows: '' }), 'rows')
  const fd = openSync(path, 'a')
  const output = open(stdout({ fd }).stream)
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
  const output = open(stream)
  await t.rejects(output.append('row\n'), { code: 'EPIPE' })
  t.equal(output.end.bytes, 0)
})

t.test('a terminal gets no control characters', async t => {
  const { lines, stream } = stdout({ isTTY: true })
  await open(stream).append('{"a":"\u009b2J"}\n')
  t.notMatch(lines.join(''), /\u009b/)
})

t.test('rows of a file that --out named do not go on to stdout', t => {
  const { stream } = stdout()
  t.throws(() => open(stream, { bytes: 10, identity: '1:2' }), {
    code: 'state_mismatch',
    message: /Expected --out, or >>, with the file/,
  })
  const passed: string[] = []
  const refuse: Refuse = changes => void passed.push(...changes)
  t.ok(open(stream, { bytes: 10, identity: '1:2', refuse }))
  t.match(passed, [/stdout should hold the 10 bytes .* they went to a file/])
  t.end()
})

t.test(
  'a file that the next start empties is told at the first, and no other',
  { skip: !existsSync('/proc/self/fdinfo') && 'the system does not tell' },
  t => {
    const told: string[] = []
    const log = (line: string) => void told.push(line)
    open(stdout().stream, { log })
    open(stdout({ fd: fileBehind(t, '', 'a') }).stream, { log })
    t.same(told, [])
    open(stdout({ fd: fileBehind(t, '', 'w') }).stream, { log })
    t.match(told, [/use >> or --out/])
    t.end()
  },
)

t.test('what --force lets pass is not asked about again', t => {
  const fd = fileBehind(t, 'row\n')
  const output = open(stdout({ fd }).stream, { bytes: 10, refuse: () => {} })
  t.equal(output.end.bytes, 4)
  t.end()
})

t.test(
  'a line that a full disk cut ends before the next row',
  { skip: !existsSync('/proc/self/fd') && 'the system does not tell' },
  async t => {
    const { lines, stream } = stdout({ fd: fileBehind(t, 'row\nhal') })
    const output = open(stream, { bytes: 4 })
    await output.append('one\n')
    await output.append('two\n')
    t.same(lines, ['\none\n', 'two\n'])
    t.equal(output.end.bytes, 13)
  },
)
