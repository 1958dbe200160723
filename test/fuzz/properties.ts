/** All that is promised of any input. */
import { configuration } from './options.js'
import { anyCorpus, neighbours } from './parse.js'
import type { Property } from './property.js'
import { tags, tolerantReader, verdicts, writtenJson } from './replies.js'
import { filtered } from './rows.js'
import { cutJournal, damagedJournal, doneRecords } from './state.js'
import { addresses, shown } from './told.js'
import { errors, gauges, replies, thoughts } from './wire.js'

export const properties: readonly Property[] = [
  anyCorpus,
  neighbours,
  filtered,
  tolerantReader,
  writtenJson,
  verdicts,
  tags,
  replies,
  errors,
  gauges,
  thoughts,
  shown,
  addresses,
  configuration,
  cutJournal,
  damagedJournal,
  doneRecords,
]
