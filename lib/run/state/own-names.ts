/** The names of the files in the folder of a durable run, which are no outputs and no inputs. */
import { readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Failure } from '../../errors.js'
import { shownAs, type NamedFile } from '../open-files.js'
import { rejectsFlag } from '../open-outputs.js'

export const rejectsName = 'rejects.jsonl'

/** Where what was cut off the output of a flag is kept: `cut-also-dpo.jsonl`. */
export const asideName = (flag: string): string =>
  `cut-${flag
    .replace(/[^a-z]+/g, ' ')
    .trim()
    .replaceAll(' ', '-')}.jsonl`

/** Written anew, in one piece, by way of `NAME.new`. */
export const rewritten = ['journal', 'manifest.json', 'summary.json'] as const

const isOwn = (name: string): boolean =>
  /^(lock|lock\.claim|lock\.[0-9a-f-]{36}|cut-.*\.jsonl)$/.test(name) ||
  rewritten.some(own => name === own || name === `${own}.new`)

/**
 * The files that a run is to write besides its own: without `--rejects` where that names the
 * rejects of the folder, which are written in any case. @throws Failure usage
 */
export const asideFrom = async (
  dir: string,
  named: readonly NamedFile[],
  inputs: readonly string[],
): Promise<NamedFile[]> => {
  const folder = await realpath(dir)
  for (const input of inputs)
    if (dirname(await placeOf(input)) === folder && isOwn(basename(await placeOf(input))))
      throw new Failure(
        'usage',
        `${input} is a file that --state keeps for itself. Name another input, or another --state.`,
      )
  const kept: NamedFile[] = []
  for (const each of named) {
    const place = await placeOf(each.file)
    const name = dirname(place) === folder ? basename(place) : ''
    if (name === rejectsName && each.flag === rejectsFlag) continue
    if (name === rejectsName || isOwn(name))
      throw new Failure(
        'usage',
        `${shownAs(each)} is a file that --state keeps for itself. Name another one.`,
      )
    kept.push(each)
  }
  return kept
}

/** With links followed, also where the file is not there yet. */
const placeOf = async (path: string, links = 0): Promise<string> => {
  try {
    return await realpath(path)
  } catch {
    const folder = dirname(resolve(path))
    const target = await readlink(path).catch(() => undefined)
    if (target !== undefined && links < mostLinks)
      return placeOf(resolve(folder, target), links + 1)
    return join(await realpath(folder).catch(() => folder), basename(path))
  }
}

/** As many as Linux follows. */
const mostLinks = 40
