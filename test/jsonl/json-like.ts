import t from 'tap'
import { mayBeJson, meantAsJson } from '../../lib/jsonl/json-like.js'

t.test('what a JSON line can look like is worth a try', async t => {
  for (const line of ['{"a":1}', ' [1]', '"text"', 'true', 'null ', '-1.5e3', '{broken'])
    t.ok(mayBeJson(line), line)
})

t.test('prose is not, even where it starts with a number or a literal', async t => {
  for (const line of [
    'Write a poem.',
    '3 rivers of France?',
    'true love waits',
    'NaN',
    '日本',
  ])
    t.notOk(mayBeJson(line), line)
})

t.test('debris of torn or pretty-printed JSON is known for what it is', async t => {
  for (const line of [
    '{',
    '  "query": "x",',
    '},',
    ']',
    'the end of it?"}',
    'end"}]}',
    '…", "n": 3}',
  ])
    t.ok(meantAsJson(line), line)
})

t.test('a prompt that holds code or JSON is still a prompt', async t => {
  for (const line of [
    'Fix this: {"a": "b"}',
    'int main() { return 0; }',
    'What does ${name} mean?',
    'Smile :-}',
    '3 rivers',
  ])
    t.notOk(meantAsJson(line), line)
})
