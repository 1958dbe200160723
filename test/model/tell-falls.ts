import t from 'tap'
import { FallTeller } from '../../lib/model/tell-falls.js'

const why = 'the server refused more'
const at = (limit: number) => ({
  limit,
  reason: limit < 64 ? why : 'growing',
  fallen: limit < 64 ? { from: 64, why } : undefined,
})

t.test('a fall to half is told once it has lasted, and once; then that it is over', t => {
  const teller = new FallTeller()
  const said = (
    [
      [0, 64],
      [1000, 10],
      [1900, 9],
      [2000, 8],
      [3000, 4],
      [4000, 45],
      [5000, 52],
      [6000, 64],
    ] as const
  ).map(([now, limit]) => teller.look(at(limit), now))
  t.same(
    said.filter(line => line !== undefined),
    [
      '8 sequences in flight now, after 64 (the server refused more)',
      '52 sequences in flight again, after 8 (the server refused more)',
    ],
  )
  t.ok(said[3] && said[6])
  t.end()
})

t.test('a limit that something else holds now is told if it is more', t => {
  for (const [limit, line] of [
    [40, '40 sequences in flight again, after 8 (32 run at once)'],
    [8, undefined],
  ] as const) {
    const teller = new FallTeller()
    teller.look(at(8), 0)
    t.ok(teller.look(at(8), 1000))
    const found = { limit, reason: '32 run at once', fallen: undefined }
    t.equal(teller.look(found, 2000), line)
    t.equal(teller.look(found, 3000), undefined)
  }
  t.end()
})

t.test('a limit that swings is told once a minute', t => {
  const teller = new FallTeller()
  let lines = 0
  for (let second = 0; second < 600; second++)
    if (teller.look(at(second % 6 < 3 ? 8 : 64), second * 1000)) lines++
  t.equal(lines, 20, 'ten falls, ten returns')
  t.end()
})

t.test('less than a fall by half is not told, nor one that is over at once', t => {
  const teller = new FallTeller()
  for (let second = 0; second < 100; second++)
    t.equal(teller.look(at(33), second * 1000), undefined)
  for (let now = 0; now < 10_000; now += 400)
    t.equal(teller.look(at(now % 1200 < 800 ? 8 : 64), 100_000 + now), undefined)
  t.end()
})
