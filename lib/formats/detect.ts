/** Which corpus shape a row has, told by its fields, and who reads it. */
import type { ParseOptions } from '../stages/options.js'
import { readAlpaca } from './alpaca.js'
import { fault, isGiven, isObject, type Fields, type Reader } from './conversation.js'
import { readMessages } from './messages.js'
import { readOpenaiBatch } from './openai-batch.js'
import { promptField, promptFields, readQuery } from './query.js'
import { readSharegpt } from './sharegpt.js'
import { readUltraif } from './ultraif.js'

export type RowFormat = Exclude<ParseOptions['format'], 'auto' | 'text' | 'record'>

const readers: { [format in RowFormat]: Reader } = {
  query: readQuery,
  messages: readMessages,
  sharegpt: readSharegpt,
  alpaca: readAlpaca,
  ultraif: readUltraif,
  'openai-batch': readOpenaiBatch,
}

/** The shape of a row, richest first: a list of turns says more than a prompt beside it. */
export const formatOf = (row: Fields): RowFormat | undefined => {
  if (isObject(row['body']) && isGiven(row['body']['messages'] ?? row['body']['prompt']))
    return 'openai-batch'
  if (Array.isArray(row['messages'])) return 'messages'
  if (Array.isArray(row['conversations'] ?? row['conversation'])) return 'sharegpt'
  const field = promptField(row)
  if (!field) return undefined
  if (Array.isArray(row[field]) && field === 'prompt') return 'messages'
  if (field === 'instruction') return 'alpaca'
  return isGiven(row['history']) || isGiven(row['system']) ? 'ultraif' : 'query'
}

/** Reads a row in the shape asked for, or in the one it shows. */
export const readRow = (row: Fields, format: RowFormat | 'auto'): ReturnType<Reader> => {
  const shape = format === 'auto' ? formatOf(row) : format
  if (shape) return readers[shape](row)
  return fault(
    'unknown_format',
    `expected messages, conversations or one of ${promptFields.join(', ')}; got ${fieldsOf(row)}`,
  )
}

const fieldsOf = (row: Fields): string => {
  const names = Object.keys(row)
  if (names.length === 0) return 'no fields'
  const shown = names.slice(0, 12).map(name => name.slice(0, 40))
  return `the fields ${shown.join(', ')}${names.length > 12 ? ', …' : ''}`
}
