/** Texts and JSON as corpora, models and servers may write them: good, odd, and just not right. */
import fc, { type Arbitrary } from 'fast-check'

/** What means something to one of our readers, or to a terminal, in pieces. */
const telling = [
  ...'{}[]":,\\\'“`',
  '\n',
  '\r',
  '\t',
  ' ',
  '\\u',
  '\\ud83d',
  '\0',
  '\ufeff',
  '\u2028',
  '\u0085',
  '\u001b[2J',
  '\u001b]0;',
  '\u009b',
  '\u202e',
  '\u200d',
  '\u{e0041}',
  '\ufdfa',
  '\ud83d',
  '\udc4d',
  '👍',
  '漢字',
  '<prompt>',
  '</response>',
  '< / questions',
  '<\\prompt>',
  '<|im_end|>',
  '<\\|im_end|>',
  '[INST]',
  '[\\/INST]',
  '</s>',
  '<think>',
  '</think>\n',
  '```',
  '```json\n',
  'yes',
  'no',
  'true',
  'None',
  'NaN',
  '1e400',
  '-',
  '"answer"',
  '"1"',
  '"why": ',
  'https://ann:secret@host/',
] as const

/** Any text, halves of characters included. */
export const anyText: Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...telling) },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    ),
    { maxLength: 12 },
  )
  .map(parts => parts.join(''))

/** A text with a few pieces cut out of it, doubled or put into it. */
export const damaged = (base: Arbitrary<string>): Arbitrary<string> =>
  fc
    .tuple(
      base,
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.nat(12),
          how: fc.constantFrom('cut', 'double', 'insert'),
          piece: fc.constantFrom(...telling),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    )
    .map(([text, blows]) =>
      blows.reduce((left, { at, length, how, piece }) => {
        const start = Math.floor(at * left.length)
        const [before, hit, after] = [
          left.slice(0, start),
          left.slice(start, start + length),
          left.slice(start + length),
        ]
        if (how === 'cut') return before + after
        return how === 'double'
          ? before + hit + hit + after
          : before + piece + hit + after
      }, text),
    )

/** Names that some reader of ours looks for, and those that every object has. */
const names = [
  ...['query', 'prompt', 'instruction', 'input', 'question', 'system', 'history'],
  ...['messages', 'conversations', 'role', 'from', 'content', 'value', 'type', 'text'],
  ...['id', 'seed', 'body', 'custom_id', 'constraints', 'questions', 'passes', 'reject'],
  ...[
    'responses',
    'verdicts',
    'answer',
    'why',
    'score',
    'finish',
    'pass',
    'stage',
    'code',
  ],
  ...['choices', 'message', 'finish_reason', 'usage', 'prompt_tokens', 'index', 'error'],
  ...[
    'data',
    'max_model_len',
    'detail',
    'loc',
    'msg',
    'reasoning',
    '1',
    '2',
    'Question 1',
  ],
  ...['__proto__', 'constructor', 'toString', 'toJSON', 'length', ''],
]

const scalar = fc.oneof(
  anyText.map(text => JSON.stringify(text)),
  fc.constantFrom('null', 'true', 'false', '0', '-0', '1', '1.5', '1e400', '-1e999'),
  fc.constantFrom('9007199254740993', '"yes"', '"no"', '"user"', '"assistant"', '"stop"'),
  fc.integer().map(String),
)

/** The text of any JSON value, names that stand twice included. */
export const { json: anyJson, object: anyObject } = fc.letrec<{
  json: string
  list: string
  object: string
}>(tie => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('json'), { maxLength: 4 }).map(items => `[${items.join()}]`),
  object: fc
    .array(fc.tuple(fc.constantFrom(...names), tie('json')), { maxLength: 6 })
    .map(
      fields =>
        `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`,
    ),
}))

/** The same as values. */
export const anyValue: Arbitrary<unknown> = anyJson.map(
  text => JSON.parse(text) as unknown,
)
