/**
 * What is safe from a power cut: contents of files and names in folders, as they were when they
 * were last synced. Kept in a folder of its own, by the file's own number, since names change.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'

/** Numbers of files come again, and never with the same time of birth. */
export const keyOf = ({ ino, birthtimeMs }: Stats): string => `${ino}-${birthtimeMs}`

/** By name. */
export type Listing = { [name: string]: string }

export class Synced {
  readonly #dir: string

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true })
    this.#dir = dir
  }

  keepFile(stats: Stats, content: Buffer): void {
    this.#write(keyOf(stats), content)
  }

  keepFolder(path: string): void {
    const names = readdirSync(path).map(name => [name, keyOf(statSync(join(path, name)))])
    this.#write(
      `${keyOf(statSync(path))}.json`,
      Buffer.from(JSON.stringify(Object.fromEntries(names))),
    )
  }

  /** A folder and all in it, as a disk is found at a start. */
  keepAll(path: string): void {
    for (const name of readdirSync(path)) {
      const each = join(path, name)
      const stats = statSync(each)
      if (stats.isDirectory()) this.keepAll(each)
      else this.keepFile(stats, readFileSync(each))
    }
    this.keepFolder(path)
  }

  contentOf(key: string): Buffer | undefined {
    return this.#read(key)
  }

  listingOf(path: string): Listing | undefined {
    const text = this.#read(`${keyOf(statSync(path))}.json`)
    return text && (JSON.parse(text.toString()) as Listing)
  }

  /** In one piece: whoever keeps it may be killed at any instant. */
  #write(name: string, content: Buffer): void {
    const path = join(this.#dir, name)
    writeFileSync(`${path}.new`, content)
    renameSync(`${path}.new`, path)
  }

  #read(name: string): Buffer | undefined {
    try {
      return readFileSync(join(this.#dir, name))
    } catch {
      return undefined
    }
  }
}
