import t from 'tap'
import { noteCarried } from '../../lib/carried-rejects.js'
import { reject, type Failure } from '../../lib/errors.js'
import { Ledger } from '../../lib/ledger.js'
import type { Record } from '../../lib/record.js'
import {
  leastSettled,
  RejectWatch,
  type RejectLimit,
} from '../../lib/run/reject-watch.js'

const bad = (code = 'unauthorized', line = 1): Record => ({
  id: `abc-${line}`,
  query: 'q',
  seed: { query: 'q', file: 'a.jsonl', line },
  reject: { ...reject('decompose', 'unauthorized'), code, message: `why ${code}` },
})

const watching = (limit: RejectLimit | undefined) => {
  const ledger = new Ledger()
  const told: Failure[] = []
  const watch = new RejectWatch({
    limit,
    ledger,
    onTooMany: failure => void told.push(failure),
  })
  ledger.onReject = record => watch.rejected(record)
  ledger.onUnjudged = (record, why) => watch.unjudged(record, why)
  const fail = (n: number, code?: string) => {
    for (let i = 0; i < n; i++) ledger.reject(bad(code, i + 1))
  }
  return { ledger, watch, told, fail }
}

t.test('as many as allowed are nothing, one more is too many, told once', async t => {
  const { ledger, told, fail, watch } = watching({ records: 3 })
  ledger.in = 1000
  fail(3)
  t.same(told, [])
  fail(5)
  t.equal(told.length, 1)
  t.equal(watch.atEnd(), undefined, 'and not once more at the end')
})

t.test(
  'the failure names the leading code, its first message and what to do',
  async t => {
    const { ledger, told, fail } = watching({ records: 3 })
    ledger.in = 1000
    fail(1, 'deadline')
    fail(3)
    t.match(told, [
      {
        code: 'too_many_rejects',
        exitCode: 1,
        message:
          /^4 of 1,000 records failed, and --max-rejects allows 3, most of them \(3\) as unauthorized\. The first of these, at a\.jsonl:1: why unauthorized\. Set ULTRAIF_API_KEY/,
      },
    ])
  },
)

t.test(
  'what a reject says moves no cursor, and codes are not looked up beyond ours',
  t => {
    const { told, fail } = watching({ records: 0 })
    fail(1, 'constructor\u001b[2J')
    t.match(told, [{ message: /all as constructor\. .* why constructor\.$/ }])
    t.end()
  },
)

t.test('a share is one of the records read, since what fails fails early', async t => {
  const { ledger, told, fail } = watching({ share: 0.05 })
  ledger.in = 10_000
  fail(500)
  t.same(told, [], '5 % of what was read, though all that was settled')
  fail(1)
  t.match(told, [{ message: /^501 of 10,000 .* allows 5 %/ }])
})

t.test('a share of few records says nothing, until the input has ended', async t => {
  const { ledger, told, fail, watch } = watching({ share: 0.05 })
  ledger.in = leastSettled
  fail(leastSettled - 1)
  t.same(told, [])
  t.match(watch.atEnd(), { code: 'too_many_rejects', message: /^99 of 100 records/ })
  fail(1)
  t.equal(told.length, 1)
})

t.test('rejects that came in marked are those of somebody else', async t => {
  const { ledger, told, watch } = watching({ records: 0 })
  const carried = bad()
  noteCarried(carried)
  ledger.in = 1
  ledger.reject({ ...carried })
  t.same(told, [])
  t.equal(watch.atEnd(), undefined)
})

t.test('records that no verdict could be had on count as well', async t => {
  const { ledger, told } = watching({ records: 1 })
  ledger.in = 2
  ledger.unjudged(bad(), 'no usable verdict on any response: 5 empty')
  ledger.unjudged(bad(), 'no usable verdict on any response: 5 empty')
  t.match(told, [{ message: /all as unjudged\. .*: no usable verdict .*: 5 empty\.$/ }])
  t.same({ ...ledger.notes }, { 'judge.unjudged': 2 })
})

t.test('what an earlier session read and rejected is not counted again', async t => {
  const ledger = new Ledger()
  ledger.in = 1000
  ledger.rejected['unauthorized'] = 1000
  const told: Failure[] = []
  const watch = new RejectWatch({
    limit: { share: 0.5 },
    ledger,
    onTooMany: failure => void told.push(failure),
  })
  t.equal(watch.atEnd(), undefined)
  ledger.in += 110
  for (let i = 0; i < leastSettled; i++) {
    ledger.reject(bad())
    watch.rejected(bad())
  }
  t.match(told, [{ message: /^100 of 110 records/ }])
})

t.test('without a limit nothing is too much', async t => {
  const { told, fail, watch } = watching(undefined)
  fail(1000)
  t.same(told, [])
  t.equal(watch.atEnd(), undefined)
})
