/**
 * All files of a run as one thing: rows, further shapes, rejects. Either every one of them
 * could be opened, or none stays open.
 */
import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { Failure } from '../errors.js'
import type { Record } from '../record.js'
import { openOutput, type OutputFile } from './output-file.js'

export interface OutputNames {
  /** Rows; stdout when missing. */
  out?: string | undefined
  /** Further shapes of the same records, each into a file of its own. */
  also: { shape: string; file: string }[]
  rejects?: string | undefined
  force: boolean
}

export interface Outputs {
  /** Where rows go; undefined for stdout. */
  rows?: Writable
  takesRejects: boolean
  reject: (record: Record) => void | Promise<void>
  also: (shape: string, row: object) => void | Promise<void>
  /** Empties what may be emptied; to be called when everything else is ready. */
  begin: () => Promise<void>
  /** Flushes and closes every file. @throws Failure write_failed, the first there is */
  close: () => Promise<void>
}

/** @throws Failure usage, output_exists or write_failed */
export const openOutputs = async (
  { out, also, rejects, force }: OutputNames,
  inputs: string[],
  onError: (failure: Failure) => void,
): Promise<Outputs> => {
  const wanted = [
    ...(out === undefined || out === '-' ? [] : [{ flag: '--out', file: out }]),
    ...also.map(({ shape, file }) => ({ flag: `--also ${shape}=`, file })),
    ...(rejects === undefined ? [] : [{ flag: '--rejects', file: rejects }]),
  ]
  refuseTwice(wanted)

  const opened = new Map<string, OutputFile>()
  const closeAll = async () => {
    const closings = [...opened.values()].map(file => file.close())
    const broken = (await Promise.allSettled(closings)).find(
      closing => closing.status === 'rejected',
    )
    if (broken) throw broken.reason
  }
  try {
    for (const { flag, file } of wanted) {
      const output = await openOutput(file, { flag, force, inputs, onError })
      const other = [...opened].find(([, { identity }]) => identity === output.identity)
      opened.set(flag, output)
      if (other) throw twice(other[0], flag, file)
    }
  } catch (error) {
    await closeAll()
    throw error
  }

  const rows = opened.get('--out')?.stream
  const rejected = opened.get('--rejects')
  const line = (value: object) => `${JSON.stringify(value, plain)}\n`
  return {
    ...(rows ? { rows } : {}),
    takesRejects: rejected !== undefined,
    reject: record => rejected?.write(line(record)),
    also: (shape, row) => opened.get(`--also ${shape}=`)?.write(line(row)),
    begin: async () => {
      for (const file of opened.values()) await file.begin()
    },
    close: closeAll,
  }
}

const refuseTwice = (wanted: { flag: string; file: string }[]) => {
  const taken = new Map<string, string>()
  for (const { flag, file } of wanted) {
    const other = taken.get(resolve(file))
    if (other) throw twice(other, flag, file)
    taken.set(resolve(file), flag)
  }
}

const twice = (one: string, other: string, file: string): Failure =>
  new Failure('usage', `${one} and ${other} both name ${file}. Give each its own file.`)

/** A reject of a custom stage may hold what JSON cannot: it is written all the same. */
const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
