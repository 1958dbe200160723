import { readFileSync } from 'node:fs'
import _ from 'highland'
import t from 'tap'
import { collect } from '../../fixtures/collect.js'
import type { Fields } from '../../lib/formats/conversation.js'
import type { Record } from '../../lib/record.js'
import { parse } from '../../lib/stages/parse.js'

const sample = (name: string) =>
  readFileSync(new URL(`../../fixtures/samples/${name}`, import.meta.url))

const read = (
  name: string,
  options: Parameters<typeof parse>[0] = {},
): Promise<Record[]> =>
  collect(_<Uint8Array | string | object>([sample(name)]).through(parse(options)))

const rows = (name: string): Fields[] =>
  sample(name)
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Fields)

const shape = (record: Record) => ({
  query: record.query,
  history: record.history,
  system: record.system,
})

t.test('prompts come through to the letter, with the corpus own ids', async t => {
  for (const [name, field, id] of [
    ['query.jsonl', 'query', 'id'],
    ['multilingual.jsonl', 'query', 'id'],
    ['ifeval.jsonl', 'prompt', 'key'],
  ] as const) {
    const records = await read(name, { file: name })
    t.same(
      records.map(record => [record.query, record.seed]),
      rows(name).map((row, i) => [
        row[field],
        { id: row[id], query: row[field], file: name, line: i + 1 },
      ]),
      name,
    )
  }
})

t.test('a conversation reads the same from every shape it can be written in', async t => {
  const sharegpt = (await read('sharegpt.jsonl')).slice(0, 5).map(shape)
  t.same((await read('messages.jsonl')).slice(0, 5).map(shape), sharegpt)
  t.same((await read('ultraif.jsonl')).map(shape), sharegpt)
  t.same(
    (await read('openai-batch.jsonl')).map(shape),
    sharegpt.map(one => ({ ...one, system: 'Answer in the language of the question.' })),
  )
})

t.test('content in parts reads as the text that it is', async t => {
  const records = await read('messages.jsonl')
  t.same(shape(records.at(-1) as Record), shape(records[0] as Record))
})

t.test('tool turns stay in the history under their roles', async t => {
  const [call] = (await read('sharegpt.jsonl', { turns: 'last' })).slice(-1)
  t.same(
    call?.history?.map(turn => turn.role),
    ['user', 'assistant', 'tool', 'assistant', 'user', 'assistant', 'tool', 'assistant'],
  )
})

t.test('each human turn of a conversation becomes a record', async t => {
  const wanted = rows('sharegpt.jsonl').flatMap(row =>
    (row['conversations'] as { from: string; value: string }[])
      .filter(turn => turn.from === 'human')
      .map(turn => turn.value),
  )
  const records = await read('sharegpt.jsonl', { turns: 'each' })
  t.same(
    records.map(record => record.query),
    wanted,
  )
  t.equal(new Set(records.map(record => record.id)).size, records.length)
})

t.test('alpaca rows keep their system prompt and history', async t => {
  const records = await read('alpaca.jsonl')
  t.ok(records.every(record => !record.reject))
  t.match(records.at(-1), {
    system: 'Answer in the language of the question.',
    history: [{ role: 'user' }, { role: 'assistant' }],
  })
})

t.test('each line of a text file is a prompt, told by content or asked for', async t => {
  const lines = sample('text.txt').toString().trimEnd().split('\n')
  for (const format of ['auto', 'text'] as const)
    t.same(
      (await read('text.txt', { format })).map(record => record.query),
      lines,
    )
})

t.test('a format asked for reads what is found by content', async t => {
  for (const [name, format] of [
    ['query.jsonl', 'query'],
    ['sharegpt.jsonl', 'sharegpt'],
    ['messages.jsonl', 'messages'],
    ['alpaca.jsonl', 'alpaca'],
    ['ultraif.jsonl', 'ultraif'],
    ['openai-batch.jsonl', 'openai-batch'],
  ] as const)
    t.same(await read(name, { format }), await read(name), name)
})

t.test('records written and read again are the same, byte for byte', async t => {
  const records = await read('sharegpt.jsonl', { turns: 'each', file: 'sharegpt.jsonl' })
  const lines = records.map(record =>
    JSON.stringify({ extra: 1, ...record, later: { a: [1] } }),
  )
  for (const format of ['auto', 'record'] as const) {
    const again = await collect(
      _<Uint8Array | string | object>(lines).through(parse({ format })),
    )
    t.same(
      again.map(record => JSON.stringify(record)),
      lines,
    )
  }
})
