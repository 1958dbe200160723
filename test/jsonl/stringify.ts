import _ from 'highland'
import t from 'tap'
import { collect, collectAll } from '../../fixtures/collect.js'
import { Failure } from '../../lib/errors.js'
import { lineOf, stringify } from '../../lib/jsonl/stringify.js'

t.test('objects become one line each, strings pass as they are, in order', async t => {
  const lines = await collect(
    _<object | string>([{ a: 1 }, 'a line of its own\n', { b: [2] }]).through(
      stringify(),
    ),
  )
  t.same(lines, ['{"a":1}\n', 'a line of its own\n', '{"b":[2]}\n'])
})

t.test('a line stays one line for readers that split at Unicode line ends', async t => {
  const text = 'a\u2028b\u2029c\u0085d\r\ne'
  const line = lineOf({ text })
  t.equal(line, '{"text":"a\\u2028b\\u2029c\\u0085d\\r\\ne"}\n')
  t.same(JSON.parse(line), { text })
})

t.test('half a character stays valid JSON', async t => {
  const line = lineOf({ text: 'x\ud83d' })
  t.equal(line, '{"text":"x\\ud83d"}\n')
  t.equal(Buffer.from(line).toString(), line, 'and survives UTF-8')
})

t.test(
  'what JSON cannot hold is an error in the stream, and the next row still comes',
  async t => {
    const cycle: { [key: string]: unknown } = { id: 'r-1' }
    cycle['self'] = cycle
    const { values, errors } = await collectAll(
      _<object | string>([{ n: 1 }, { n: 1n }, cycle, { n: 4 }]).through(stringify()),
    )
    t.same(values, ['{"n":1}\n', '{"n":4}\n'])
    t.match(errors, [
      { code: 'pipeline_unusable', message: /a BigInt at \.n/ },
      { message: /a cycle.* in r-1/ },
    ])
    t.ok(errors.every(error => error instanceof Failure))
  },
)

t.test(
  'an undefined row is refused instead of written as the line `undefined`',
  async t => {
    t.throws(() => lineOf(undefined), { message: /got undefined/ })
  },
)

t.test('errors from before pass through', async t => {
  const broken = _<object | string>(push => {
    push(new Error('upstream'))
    push(null, { a: 1 })
    push(null, _.nil as never)
  })
  const { values, errors } = await collectAll(broken.through(stringify()))
  t.same(values, ['{"a":1}\n'])
  t.match(errors, [{ message: 'upstream' }])
})
