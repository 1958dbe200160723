import type { Record } from '../record.js'

/** A reject of a custom stage may hold what JSON cannot: it is written all the same. */
export const lineOfReject = (record: Record | object): string =>
  `${JSON.stringify(record, plain)}\n`

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
