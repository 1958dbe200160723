import _ from 'highland'
import t from 'tap'
import { collectAll } from '../../fixtures/collect.js'
import { gather } from '../../lib/jsonl/gather.js'

const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('lines of one go are one piece, all of them and in order', async t => {
  const lines = Array.from({ length: 1000 }, (_, i) => `${i}\n`)
  const { values } = await collectAll(_(lines).through(gather()))
  t.equal(values.join(''), lines.join(''))
  t.ok(values.length < 10, `${values.length} pieces`)
})

t.test('a line does not wait for the next one', async t => {
  const source = _<string>()
  const out: string[] = []
  source.through(gather()).each(text => void out.push(text))
  source.write('a\n')
  await turn()
  await turn()
  t.same(out, ['a\n'])
  source.end()
})

t.test('pieces stay small, however much comes at once', async t => {
  const line = `${'x'.repeat(1000)}\n`
  const { values } = await collectAll(
    _(Array.from({ length: 1000 }, () => line)).through(gather()),
  )
  t.equal(values.join('').length, 1000 * line.length)
  t.ok(values.every(({ length }) => length < 70_000))
})

t.test('a sink that stops taking stops the source', async t => {
  let read = 0
  const line = `${'x'.repeat(1000)}\n`
  _<string>((push, next) => {
    read++
    push(null, line)
    setImmediate(next)
  })
    .through(gather())
    .consume<never>(() => {})
    .resume()
  for (let i = 0; i < 500; i++) await turn()
  t.ok(read < 200, `${read} lines read`)
})

t.test('lines before an error leave before it', async t => {
  const seen: unknown[] = []
  await new Promise<void>(done =>
    _<string>(push => {
      push(null, 'a\n')
      push(new Error('broken'))
      push(null, 'b\n')
      push(null, _.nil)
    })
      .through(gather())
      .errors(error => void seen.push(error.message))
      .tap(text => seen.push(text))
      .done(done),
  )
  t.same(seen, ['a\n', 'broken', 'b\n'])
})
