/**
 * All files of a run as one thing: either every one of them could be opened, or none stays open.
 */
import { resolve } from 'node:path'
import { Failure } from '../errors.js'

/** A file and the flag that named it. */
export interface NamedFile {
  flag: string
  file: string
}

/** `--out rows.jsonl`, `--also dpo=pairs.jsonl`. */
export const shownAs = ({ flag, file }: NamedFile): string =>
  `${flag}${flag.endsWith('=') ? '' : ' '}${file}`

interface OpenFile {
  /** What the file is, to see when two names are one. */
  identity: string
  close: () => Promise<void>
}

/** By flag. @throws Failure usage where a flag names stdout, or two name one file, and what `open` throws */
export const openFiles = async <File extends OpenFile>(
  named: readonly NamedFile[],
  open: (named: NamedFile) => Promise<File>,
): Promise<Map<string, File>> => {
  refuseTwice(named)
  const opened = new Map<string, File>()
  try {
    for (const each of named) {
      const file = await open(each)
      const other = [...opened].find(([, { identity }]) => identity === file.identity)
      opened.set(each.flag, file)
      if (other) throw twice(other[0], each)
    }
    return opened
  } catch (error) {
    await closeFiles(opened.values()).catch(() => {})
    throw error
  }
}

/** Closes all of them, and throws what the first one that could not be closed says. */
export const closeFiles = async (
  files: Iterable<{ close: () => Promise<void> }>,
): Promise<void> => {
  const closings = await Promise.allSettled([...files].map(file => file.close()))
  const broken = closings.find(closing => closing.status === 'rejected')
  if (broken) throw broken.reason
}

const refuseTwice = (named: readonly NamedFile[]) => {
  const taken = new Map<string, string>()
  for (const each of named) {
    if (each.file === '-') throw notStdout(each)
    const other = taken.get(resolve(each.file))
    if (other) throw twice(other, each)
    taken.set(resolve(each.file), each.flag)
  }
}

const notStdout = (named: NamedFile): Failure =>
  new Failure(
    'usage',
    `${shownAs(named)}: stdout is for the rows of --as alone. Name a file; ./- is one of that name.`,
  )

const twice = (other: string, { flag, file }: NamedFile): Failure =>
  new Failure('usage', `${other} and ${flag} both name ${file}. Give each its own file.`)
