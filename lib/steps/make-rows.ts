/** The rows of one record in one shape, or why there are none. */
import type { FilterCode } from '../codes.js'
import { composerRows } from '../formats/rows/composer.js'
import { dpoRow, type DpoRow } from '../formats/rows/dpo.js'
import { messagesRow, type MessagesRow } from '../formats/rows/messages.js'
import { preferenceRow, type PreferenceRow } from '../formats/rows/preference.js'
import { recordRow } from '../formats/rows/record.js'
import { sftRow, type SftRow } from '../formats/rows/sft.js'
import type { Record, Response } from '../record.js'
import type { FilterOptions, RowShape } from '../stages/options.js'
import { isEligible, scoreRecord } from './score.js'
import { selectPair } from './select-pair.js'
import { selectResponse } from './select-response.js'

export type Row = SftRow | DpoRow | MessagesRow | PreferenceRow | Record

export interface Rows {
  rows: Row[]
  /** Why `rows` is empty. */
  why?: FilterCode
  /** Things worth a number, by name. */
  notes?: string[]
}

export type Selection = Pick<FilterOptions, 'pick' | 'pair' | 'minPasses'>

export const makeRows = (shape: RowShape, record: Record, selection: Selection): Rows =>
  makers[shape](record, selection)

type Maker = (record: Record, selection: Selection) => Rows

/** Rows of the response that was picked. */
const single =
  (row: (record: Record, response: Response) => Row): Maker =>
  (record, selection) => {
    const why = unwanted(record, selection)
    if (why) return { rows: [], why }
    const picked = selectResponse(scoreRecord(record), selection.pick)
    return picked
      ? { rows: [row(record, picked.response)] }
      : { rows: [], why: 'no_pass' }
  }

/** Rows of the pair that was picked. */
const paired =
  (row: (record: Record, chosen: Response, rejected: Response) => Row): Maker =>
  (record, selection) => {
    const why = unwanted(record, selection)
    if (why) return { rows: [], why }
    const { pair, refused } = selectPair(scoreRecord(record), selection.pair)
    if (pair) return { rows: [row(record, pair.chosen.response, pair.rejected.response)] }
    return {
      rows: [],
      why: 'no_pair',
      ...(refused > 0 ? { notes: ['filter.unfair_pairs'] } : {}),
    }
  }

/** The same, for a shape that a system prompt has no place in. */
const withoutSystem =
  (maker: Maker): Maker =>
  (record, selection) => {
    const made = maker(record, selection)
    return record.system === undefined || made.rows.length === 0
      ? made
      : { ...made, notes: [...(made.notes ?? []), 'filter.system_left_out'] }
  }

const makers: { [S in RowShape]: Maker } = {
  sft: withoutSystem(single(sftRow)),
  dpo: withoutSystem(paired(dpoRow)),
  messages: single(messagesRow),
  preference: paired(preferenceRow),
  composer: withoutSystem(record => {
    const rows = composerRows(record)
    return rows.length > 0 ? { rows } : { rows, why: 'no_constraints' }
  }),
  record: record => ({ rows: [recordRow(record)] }),
}

/** Why no row could come of the record, whatever its responses are. */
export const unwanted = (
  record: Record,
  { minPasses }: Pick<Selection, 'minPasses'>,
): FilterCode | undefined => {
  if (!isEligible(record)) return 'no_questions'
  return (record.passes?.length ?? 0) < minPasses ? 'few_passes' : undefined
}
