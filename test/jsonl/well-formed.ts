import t from 'tap'
import { isWellFormed } from '../../lib/jsonl/well-formed.js'

t.test('whole characters are well formed, halves are not', async t => {
  for (const text of ['', 'plain', '日本', '😀', '\u0000', '\ufffd'])
    t.ok(isWellFormed(text))
  for (const text of ['\ud83d', 'x\udc00y', '\udc00\ud83d']) t.notOk(isWellFormed(text))
})
