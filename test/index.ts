/** The library as programs get it: from the built package, by its name. */
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { built } from '../fixtures/built.js'
import { simulate } from '../fixtures/vllm/simulate.js'

t.before(built)

t.test('six stages from bytes to rows, as in the README', async t => {
  const {
    parse,
    decompose,
    compose,
    generate,
    evaluate,
    filter,
    stringify,
    chain,
    toDuplex,
    vllm,
  } = await import('ultraif')
  const server = await simulate()
  t.teardown(() => server.close())
  const model = await vllm({ urls: [server.url] })
  const rows = new PassThrough()
  const read = text(rows)
  await pipeline(
    Readable.from([Buffer.from('{"query":"Name three rivers."}\nWrite a haiku.\n')]),
    toDuplex(
      chain(
        parse(),
        decompose(model),
        compose(model, { passes: 3 }),
        generate(model, { samples: 5 }),
        evaluate(model),
        filter({ as: 'record' }),
        stringify(),
      ),
    ),
    rows,
  )
  await model.close()
  const lines = (await read).trimEnd().split('\n')
  t.equal(lines.length, 2)
  for (const line of lines) t.match(JSON.parse(line), { id: String, responses: Array })
})

t.test('a custom stage is made from a function', async t => {
  const { perRecord, parse, chain, toDuplex } = await import('ultraif')
  const shout = perRecord(
    async record => ({ ...record, query: record.query.toUpperCase() }),
    { window: 2 },
  )
  const records: unknown[] = []
  await pipeline(
    Readable.from(['{"query":"hello"}']),
    toDuplex(chain(parse(), shout)),
    async (source: AsyncIterable<unknown>) => {
      for await (const record of source) records.push(record)
    },
  )
  t.match(records, [{ query: 'HELLO', seed: { query: 'hello' } }])
})

t.test('the schema of the record is published', async t => {
  const { recordSchema, Record, Failure, rejectCodes, filterCodes } =
    await import('ultraif')
  t.match(recordSchema(), { type: 'object', properties: { id: {}, query: {}, seed: {} } })
  t.ok(Record.safeParse({ id: 'a', query: 'q', seed: { query: 'q' }, own: 1 }).success)
  t.equal(new Failure('usage', 'x').exitCode, 2)
  t.ok('bad_json' in rejectCodes && 'no_pass' in filterCodes)
})

t.test('the recipes are modules of the package', async t => {
  const { default: recipe } = await import('ultraif/pipelines/composer-data')
  t.type(recipe, 'function')
})
