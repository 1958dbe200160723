import t from 'tap'
import { jsonSpans } from '../../../lib/prompts/json/spans.js'
import { repairJson } from '../../../lib/prompts/json/repair.js'

const pieces = (text: string) =>
  jsonSpans(text)?.spans.map(({ start, end }) => text.slice(start, end))

t.test('objects that stand free are found, never one inside another', async t => {
  t.same(pieces('a {"b": {"c": "}"}} d {"e": 1}.'), ['{"b": {"c": "}"}}', '{"e": 1}'])
  t.same(pieces('{"a": {"b": 1}'), ['{"a": {"b": 1}'])
})

t.test('a list counts at the start of the text or of a block, not in prose', async t => {
  t.same(pieces('[1]'), ['[1]'])
  t.same(pieces('see [1] and\n```json\n["a"]\n```'), ['["a"]'])
})

t.test('a brace that closes nothing means that an end was misread', async t => {
  t.equal(jsonSpans('{"a": "b"} c", "d": 1}')?.torn, true)
  t.equal(jsonSpans('{"a": "b"} c')?.torn, false)
  t.equal(jsonSpans('{"a": "b"}}')?.torn, false)
  t.equal(jsonSpans('f() { return {"a": 1} }')?.torn, false)
})

/** A text that counts how often one of its characters is looked at. */
const counted = (text: string) => {
  const looks = { count: 0 }
  const proxy = new Proxy(new String(text), {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) looks.count++
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { text: proxy as unknown as string, looks }
}

const hostile = [
  '{',
  '[',
  '"',
  '{"',
  '{"a":',
  '{"a":1} ',
  '"a\n',
  "'a ",
  '","',
  '\\"',
  '```json\n{"a":',
]

t.test('no text makes the search look at a character more than three times', async t => {
  for (const part of hostile) {
    for (const start of ['', '{', '{"a":"', '{"a":["', 'x {"a": [']) {
      const { text, looks } = counted(start + part.repeat(20_000))
      jsonSpans(text)
      t.ok(looks.count <= 3 * text.length, `${start}${part} ${looks.count}`)
    }
  }
})

t.test('no text makes the repair look at a character more than three times', async t => {
  for (const part of hostile) {
    for (const start of ['{', '{"a":"', '{"a":["']) {
      const { text, looks } = counted(start + part.repeat(20_000) + '"}')
      repairJson(text)
      t.ok(looks.count <= 3 * text.length, `${start}${part} ${looks.count}`)
    }
  }
})
