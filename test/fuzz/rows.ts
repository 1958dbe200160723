import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import _ from '../../lib/flow/highland.js'
import { readRecord } from '../../lib/formats/record.js'
import { lineOf } from '../../lib/jsonl/stringify.js'
import { accountedIn, Ledger, sum } from '../../lib/ledger.js'
import { filter } from '../../lib/stages/filter.js'
import { rowShapes } from '../../lib/stages/options.js'
import { anyRecord } from './corpora.js'
import type { Property } from './property.js'

export const filtered: Property = {
  name: 'filter',
  promises:
    'every record is kept, filtered or rejected, and every row can be written and read back',
  share: 1,
  property: fc.asyncProperty(
    fc.array(anyRecord, { maxLength: 6 }),
    fc.constantFrom(...rowShapes),
    fc.constantFrom('margin', 'last'),
    async (given, as, pair) => {
      const records = given.flatMap(record => {
        const read = readRecord(record)
        return 'record' in read ? [read.record] : []
      })
      const ledger = new Ledger()
      const stage = accountedIn(ledger, () => filter({ as, pair }))
      const rows = (await _(records)
        .through(stage)
        .collect()
        .toPromise(Promise)) as unknown as object[]
      assert.equal(
        records.length,
        ledger.kept + sum(ledger.filtered) + sum(ledger.rejected),
      )
      assert.equal(rows.length, ledger.rows[as] ?? 0)
      for (const row of rows)
        assert.deepEqual(JSON.parse(lineOf(row)), JSON.parse(JSON.stringify(row)))
    },
  ),
}
