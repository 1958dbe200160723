/** Real processes, really killed: a few rounds of `npm run crash`. */
import { existsSync } from 'node:fs'
import t from 'tap'
import { built } from '../../../fixtures/built.js'
import { simulate } from '../../../fixtures/vllm/simulate.js'
import { refuseSome } from '../../crash/corpus.js'
import { runRound, runWhole } from '../../crash/round.js'
import { variants, type Variant } from '../../crash/variants.js'

const serving = async () => {
  const server = await simulate({ time: 4, passRate: 0.6, logLimit: 100_000 })
  t.teardown(() => server.close())
  refuseSome(server)
  return server
}

t.before(() => built())
const [fromFile, fromStdin] = variants(24) as [Variant, Variant]

t.test('a run killed in the middle goes on, and gives the same rows', async t => {
  const whole = await runWhole(fromFile, await serving())
  // Half-way each time: the dice are loaded.
  const round = await runRound(fromFile, await serving(), whole, 'kill', () => 0.5)
  t.equal(round.cuts, 2)
  t.same(round.problems, [])
})

t.test('a full disk ends a run that goes on once there is room', async t => {
  const whole = await runWhole(fromStdin, await serving())
  const round = await runRound(fromStdin, await serving(), whole, 'disk', () => 0.3)
  t.equal(round.cuts, 1)
  t.same(round.problems, [])
})

t.test(
  'what a power cut leaves of a run goes on, whatever of it was not synced',
  { skip: !existsSync('/proc/self/fd') && 'the system does not tell what is synced' },
  async t => {
    const whole = await runWhole(fromFile, await serving())
    let rolls = 0
    const dice = () => [0.5, 0.1, 0.9, 0.3, 0.7][rolls++ % 5] as number
    const round = await runRound(fromFile, await serving(), whole, 'power', dice)
    t.ok(round.cuts > 0)
    t.same(round.problems, [])
  },
)
