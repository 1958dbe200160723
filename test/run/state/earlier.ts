import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  compareModels,
  compareSettings,
  readEarlier,
  versionBefore,
  type Refuse,
} from '../../../lib/run/state/earlier.js'
import { writeLine } from '../../../lib/run/state/journal-line.js'
import type { JournalEntry } from '../../../lib/run/state/journal.js'

const plan = {
  dir: '/state',
  settings: { samples: 5 },
  prompts: { judge: 'abc' },
  version: '0.2.0',
}
const models = { generate: 'big' }
const manifest = JSON.stringify({
  format: 1,
  settings: plan.settings,
  prompts: plan.prompts,
  models,
  sessions: [{ started: '2026-01-01T00:00:00Z', ultraif: '0.1.0' }],
})

/** With ranges that are done behind `low`. */
const entry = (low: number, done: [number, number][] = []): JournalEntry => ({
  done,
  low,
  passed: { lines: low, records: low },
  read: { bytes: 0, sha256: '', tail: 'whole' },
  outputs: {},
  books: { in: low, kept: low, filtered: {}, rejected: {}, rows: {} },
  notes: {},
  calls: {},
  tokens: { prompt: 0, completion: 0 },
  seconds: 1,
})

const earlierOf = async (t: Test, entries: JournalEntry[], text = manifest) => {
  const dir = t.testdir({ journal: entries.map(writeLine).join('') })
  if (text) writeFileSync(join(dir, 'manifest.json'), text)
  const earlier = await readEarlier(dir)
  t.teardown(() => earlier.journal.close())
  return earlier
}

const refuse: Refuse = (changes, because) => {
  if (changes.length > 0) because(changes)
}

t.test('what all entries together say is done is done', async t => {
  const { done, before } = await earlierOf(t, [entry(2, [[5, 6]]), entry(3, [[8, 8]])])
  t.same(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter(place => done.has(place)),
    [0, 1, 2, 5, 6, 8],
  )
  t.equal(before?.low, 3)
})

t.test('the same command goes on', async t => {
  const earlier = await earlierOf(t, [entry(2)])
  compareSettings(earlier, plan, refuse)
  compareModels(earlier, plan, models, refuse)
})

t.test('another option, prompt or model is refused by name', async t => {
  const earlier = await earlierOf(t, [entry(2)])
  const settings = { ...plan, settings: { samples: 6 } }
  t.throws(() => compareSettings(earlier, settings, refuse), { message: /--samples/ })
  const prompts = { ...plan, prompts: { judge: 'abd' } }
  t.throws(() => compareSettings(earlier, prompts, refuse), {
    message: /the prompt judge/,
  })
  t.throws(() => compareModels(earlier, plan, { generate: 'small' }, refuse), {
    message: /the model of generate was "big" and is "small"/,
  })
})

t.test('before any record is done nothing is fixed', async t => {
  const earlier = await earlierOf(t, [entry(0)])
  t.equal(earlier.begun, undefined)
  compareSettings(earlier, { ...plan, settings: { samples: 6 } }, refuse)
  compareModels(earlier, plan, { generate: 'small' }, refuse)
  t.equal(versionBefore(earlier, plan), undefined)
})

t.test('records that are done and no manifest are damage', async t => {
  await t.rejects(earlierOf(t, [entry(2)], ''), {
    code: 'state_damaged',
    message: /manifest\.json, which says what the 2 records/,
  })
})

t.test('another version of the program is no reason to refuse, and is known', async t => {
  const earlier = await earlierOf(t, [entry(2)])
  t.equal(versionBefore(earlier, plan), '0.1.0')
  t.equal(versionBefore(earlier, { version: '0.1.0' }), undefined)
})
