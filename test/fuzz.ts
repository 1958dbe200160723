/** A short run of what `npm run fuzz` does at length: always the same inputs. */
import fc from 'fast-check'
import t from 'tap'
import { properties } from './fuzz/properties.js'
import { reportOf } from './fuzz/report.js'

const runs = 150
const seed = 20_250_521

for (const { promises, share, property } of properties)
  t.test(promises, async t => {
    const details = await fc.check(property, { seed, numRuns: Math.round(runs * share) })
    t.notOk(details.failed, details.failed ? await reportOf(details) : 'it holds')
  })
