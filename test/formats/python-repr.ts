/** The expected texts are what `repr` of CPython 3.11 printed. */
import t from 'tap'
import { pythonRepr } from '../../lib/formats/python-repr.js'

const printed: [string, string, string][] = [
  ['plain text', 'plain', "'plain'"],
  ['nothing', '', "''"],
  ['an apostrophe', "it's", '"it\'s"'],
  ['double quotes', 'say "hi"', '\'say "hi"\''],
  ['both quotes', 'both \' and "', "'both \\' and \"'"],
  ['a backslash', 'a\\b', "'a\\\\b'"],
  ['a backslash at the end', 'end\\', "'end\\\\'"],
  ['line breaks and tabs', 'a\nb\r\tc', "'a\\nb\\r\\tc'"],
  [
    'control characters',
    '\u0000\u0007\u001b\u007f\u0080\u009f\u00a0\u00ad',
    "'\\x00\\x07\\x1b\\x7f\\x80\\x9f\\xa0\\xad'",
  ],
  ['other scripts', 'é日本語', "'é日本語'"],
  [
    'invisible characters',
    '\u200b\u2028\u2029\u3000\ufeff',
    "'\\u200b\\u2028\\u2029\\u3000\\ufeff'",
  ],
  ['odd spaces', '\u1680 \u00a0', "'\\u1680 \\xa0'"],
  ['emoji', '😀', "'😀'"],
  ['astral tags and private use', '\u{e0001}\u{10ffff}', "'\\U000e0001\\U0010ffff'"],
  ['lone surrogates', '\ud800x\udc00', "'\\ud800x\\udc00'"],
  ['combining marks', 'a\u0301\u200d', "'a\u0301\\u200d'"],
]

for (const [what, text, expected] of printed) {
  t.test(`${what} as Python prints it`, async t => {
    t.equal(pythonRepr(text), expected)
  })
}

t.test('a history prints as the composer was trained with', async t => {
  t.equal(
    pythonRepr([
      { from: 'human', value: "it's" },
      { from: 'gpt', value: 'ok\n"x"' },
    ]),
    `[{'from': 'human', 'value': "it's"}, {'from': 'gpt', 'value': 'ok\\n"x"'}]`,
  )
  t.equal(pythonRepr([]), '[]')
  t.equal(pythonRepr({ a: [['b'], {}] }), "{'a': [['b'], {}]}")
})
