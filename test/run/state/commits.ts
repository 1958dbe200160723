import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Commits,
  type Circumstances,
  type CommittedOutput,
  type CommitsOptions,
} from '../../../lib/run/state/commits.js'
import { DoneRecords } from '../../../lib/run/state/done-records.js'
import { Journal, type JournalEntry } from '../../../lib/run/state/journal.js'
import { emptyShare } from '../../../lib/run/state/record-trail.js'

/** An output in memory, which fails when it is told to. */
class Lines implements CommittedOutput {
  text = ''
  fails = false
  #before = ''

  get end() {
    return { bytes: this.text.length, tail: '', identity: '' }
  }

  async append(text: string) {
    this.#before = this.text
    this.text += text
    if (this.fails) throw new Error('full')
  }

  async takeBack() {
    this.text = this.#before
  }
}

const nothing: Circumstances = {
  passed: { lines: 0, records: 0 },
  read: { bytes: 0, sha256: '', tail: 'whole' },
  notes: {},
  calls: {},
  tokens: { prompt: 0, completion: 0 },
  seconds: 0,
}

const committing = async (t: Test, more: Partial<CommitsOptions> = {}) => {
  const path = join(t.testdir(), 'journal')
  const journal = await Journal.open(path, () => {})
  const outputs = { sft: new Lines(), dpo: new Lines() }
  const errors: unknown[] = []
  const commits = new Commits({
    journal,
    outputs: new Map(Object.entries(outputs)),
    unused: {},
    done: new DoneRecords(),
    books: { in: 0, kept: 0, filtered: {}, rejected: {}, rows: {} },
    circumstances: () => nothing,
    check: async () => {},
    onError: error => errors.push(error),
    ...more,
  })
  const add = (place: number) =>
    commits.add(
      {
        ...emptyShare(),
        in: 1,
        kept: 1,
        texts: [
          ['sft', `s${place}\n`],
          ['dpo', `d${place}\n`],
        ],
      },
      place,
    )
  const entries = async () => {
    const seen: JournalEntry[] = []
    await (await Journal.open(path, entry => seen.push(entry))).close()
    return seen
  }
  return { commits, outputs, errors, add, entries, journal }
}

t.test(
  'the rows of records that are done go out together, and the journal says so',
  async t => {
    const { commits, outputs, add, entries } = await committing(t)
    await commits.begin()
    for (const place of [2, 0, 1, 5]) add(place)
    await commits.close()
    t.equal(outputs.sft.text, 's2\ns0\ns1\ns5\n')
    const last = (await entries()).at(-1)
    t.match(last, { low: 3, done: [[5, 5]], books: { in: 4, kept: 4 } })
    t.match(last?.outputs, { sft: { bytes: 12 }, dpo: { bytes: 12 } })
  },
)

t.test(
  'if one output fails, none gets the rows, and no entry speaks of them',
  async t => {
    const { commits, outputs, errors, add, entries } = await committing(t)
    await commits.begin()
    add(0)
    await commits.flush()
    outputs.dpo.fails = true
    add(1)
    await commits.close()
    t.match(errors, [{ message: 'full' }])
    t.equal(outputs.sft.text, 's0\n')
    t.equal(outputs.dpo.text, 'd0\n')
    t.equal(commits.committed.kept, 1)
    t.match((await entries()).at(-1), { low: 1 })
  },
)

t.test('what cannot be said of the moment is told as an error', async t => {
  const { commits, errors, add, outputs } = await committing(t, {
    circumstances: () => {
      throw new Error('no idea')
    },
  })
  add(0)
  await commits.close()
  t.match(errors, [{ message: 'no idea' }])
  t.equal(outputs.sft.text, '')
})

t.test('what is done after the end is left for another time', async t => {
  const { commits, add, outputs, entries } = await committing(t)
  await commits.begin()
  await commits.close()
  add(0)
  await commits.flush()
  t.equal(outputs.sft.text, '')
  t.match((await entries()).at(-1), { books: { in: 0 } })
})

t.test('the end says what was paid since the last commit', async t => {
  let calls = 1
  const { commits, entries } = await committing(t, {
    circumstances: () => ({ ...nothing, calls: { compose: calls } }),
  })
  await commits.begin()
  calls = 7
  await commits.close()
  t.match((await entries()).at(-1), { calls: { compose: 7 } })
})

t.test('a disk that fails at the end is told to whoever closes', async t => {
  const { commits, outputs, add } = await committing(t)
  await commits.begin()
  outputs.dpo.fails = true
  add(0)
  t.match(await commits.close(), { message: 'full' })
  const { commits: fine } = await committing(t)
  t.equal(await fine.close(), undefined)
})

t.test('an output that this session does not write stays where it ended', async t => {
  const bad = { bytes: 5, tail: 'ab', identity: '1:2' }
  const { commits, add, entries } = await committing(t, {
    unused: { '--rejects': bad, sft: { bytes: 1, tail: '', identity: '' } },
  })
  await commits.begin()
  add(0)
  await commits.close()
  t.match((await entries()).at(-1)?.outputs, { '--rejects': bad, sft: { bytes: 3 } })
})

t.test('what is another run’s by now gets nothing', async t => {
  let isOurs = true
  const { commits, outputs, errors, add } = await committing(t, {
    check: async () => {
      if (!isOurs) throw new Error('lost')
    },
  })
  await commits.begin()
  isOurs = false
  add(0)
  await commits.close()
  t.equal(outputs.sft.text, '')
  t.match(errors, [{ message: 'lost' }])
})

t.test('much that waits asks the stream to wait', async t => {
  const { commits } = await committing(t)
  t.equal(commits.room(), undefined)
  const text = 'x'.repeat(1024 * 1024 - 1)
  // The first one alone is company enough for a commit, which then is on its way.
  for (let place = 0; place < 7; place++)
    commits.add({ ...emptyShare(), texts: [['sft', text]] }, place)
  const room = commits.room()
  t.ok(room instanceof Promise)
  await room
  await commits.close()
})
