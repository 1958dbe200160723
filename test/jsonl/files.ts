import { Readable } from 'node:stream'
import t from 'tap'
import { openSources } from '../../lib/jsonl/files.js'

const never = new AbortController().signal

t.test('names sources in order; stdin, given or by default, has no name', async t => {
  const { a, b } = { a: 'a', b: 'b' }
  const dir = t.testdir({ a, b })
  const names = (files: string[]) => openSources(files).map(source => source.file)
  t.same(names([`${dir}/b`, '-', `${dir}/a`]), [`${dir}/b`, undefined, `${dir}/a`])
  t.same(names([]), [undefined])
})

t.test('reads a file in pieces, to its end', async t => {
  const text = 'x'.repeat(200_000)
  const dir = t.testdir({ big: text })
  const [source] = openSources([`${dir}/big`])
  const pieces: Uint8Array[] = []
  for await (const piece of source?.chunks(never) ?? []) pieces.push(piece)
  t.ok(pieces.length > 1)
  t.equal(Buffer.concat(pieces).toString(), text)
})

t.test('a reader that leaves early closes the stream', async t => {
  const stdin = Readable.from([Buffer.from('one'), Buffer.from('two')])
  t.intercept(process, 'stdin', { value: stdin })
  const [source] = openSources([])
  for await (const _piece of source?.chunks(never) ?? []) break
  t.ok(stdin.destroyed)
})

t.test('an error of the stream reaches the reader', async t => {
  const stdin = new Readable({
    read() {
      this.destroy(new Error('EIO'))
    },
  })
  t.intercept(process, 'stdin', { value: stdin })
  const [source] = openSources([])
  await t.rejects(
    (async () => {
      for await (const _piece of source?.chunks(never) ?? []) t.fail('expected nothing')
    })(),
    { message: 'EIO' },
  )
})

t.test(
  'a file without permission is refused',
  { skip: process.getuid?.() === 0 && 'root reads all' },
  async t => {
    const { chmodSync } = await import('node:fs')
    const dir = t.testdir({ secret: 'x' })
    chmodSync(`${dir}/secret`, 0)
    t.throws(() => openSources([`${dir}/secret`]), {
      code: 'file_unreadable',
      message: /its permissions do not let you/,
    })
  },
)
