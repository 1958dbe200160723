/**
 * One line of the journal: JSON behind a checksum of it, so that a line cut by a crash, or by a
 * disk that wrote its blocks in an order of its own, is told from a whole one.
 */
import { crc32 } from 'node:zlib'

export const writeLine = (value: object): string => {
  const json = JSON.stringify(value)
  return `${checksum(json)} ${json}\n`
}

/** The value of a line without its line end; undefined if the line is not whole. */
export const readLine = (line: string): unknown => {
  const json = line.slice(checksumLength + 1)
  if (line[checksumLength] !== ' ' || line.slice(0, checksumLength) !== checksum(json))
    return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const checksumLength = 8

const checksum = (json: string): string =>
  crc32(json).toString(16).padStart(checksumLength, '0')
