import t from 'tap'
import { deepest, jsonProblem, tooDeep } from '../../lib/jsonl/plain-json.js'

const nested = (levels: number): unknown =>
  JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown

t.test('what JSON can hold has no problem', async t => {
  for (const value of [
    { a: [1, 'x', null, true, { b: {} }], left: undefined },
    Object.assign(Object.create(null) as object, { a: 1 }),
    new Date(0),
    'text',
  ])
    t.equal(jsonProblem(value), undefined)
})

t.test('what JSON would change or lose is named with its place', async t => {
  t.equal(jsonProblem({ seed: { id: 1n } }), 'a BigInt at .seed.id')
  t.equal(jsonProblem({ a: [0, Number.NaN] }), 'NaN at .a[1]')
  t.equal(jsonProblem({ a: [undefined] }), 'undefined at .a[0]')
  t.equal(jsonProblem({ m: new Map() }), 'an instance of Map at .m')
  t.equal(jsonProblem({ f: () => 1 }), 'a function at .f')
  t.equal(jsonProblem({ s: Symbol('s') }), 'a symbol at .s')
  t.equal(jsonProblem(undefined), 'undefined')
  t.equal(
    jsonProblem({ o: Object.create({ inherited: 1 }) as object }),
    'an instance of Object at .o',
  )
})

t.test('a cycle is told, whichever way it goes', async t => {
  const cycle: { [key: string]: unknown } = {}
  cycle['again'] = cycle
  cycle['list'] = [cycle]
  t.match(jsonProblem(cycle), /^a cycle, or more than 1000 levels at \.again/)
  t.ok((jsonProblem(cycle) as string).length < 300, 'without its thousand steps')
  t.ok(tooDeep(cycle))
})

t.test('nesting is allowed to a depth that any JSON reader takes', async t => {
  t.equal(jsonProblem(nested(deepest)), undefined)
  t.match(jsonProblem(nested(deepest + 1)), /levels/)
  t.notOk(tooDeep(nested(deepest)))
  t.ok(tooDeep(nested(deepest + 1)))
  t.ok(tooDeep(JSON.parse('{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000))))
  t.notOk(tooDeep({ a: { b: [1, 'x', null] } }))
})
