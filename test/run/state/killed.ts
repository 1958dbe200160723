/** Real processes, really killed: a few rounds of `npm run crash`. */
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
