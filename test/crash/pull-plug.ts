/**
 * Makes a folder what a power cut might have left of it: of what was not synced each file has
 * kept all, some, only the length, or nothing, and each folder its names of now or of its last
 * sync.
 */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Dice } from './round.js'
import { keyOf, type Listing, type Synced } from './synced.js'

export const pullPlug = (dir: string, synced: Synced, dice: Dice): void => {
  if (dice() < 0.5) restoreNames(dir, synced)
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    const stats = statSync(path)
    if (stats.isDirectory()) pullPlug(path, synced, dice)
    else {
      const safe = synced.contentOf(keyOf(stats)) ?? Buffer.alloc(0)
      const left = leftOf(safe, readFileSync(path), dice)
      // In place: the file stays the same one.
      truncateSync(path)
      writeFileSync(path, left, { flag: 'r+' })
    }
  }
}

/** Names as at the last sync of the folder; what lay under them then lies there again. */
const restoreNames = (dir: string, synced: Synced): void => {
  const listing: Listing = synced.listingOf(dir) ?? {}
  const now = new Map(
    readdirSync(dir).map(name => [keyOf(statSync(join(dir, name))), name]),
  )
  const aside = (name: string) => join(dir, `.pulled-${name}`)
  for (const name of now.values()) renameSync(join(dir, name), aside(name))
  for (const [name, key] of Object.entries(listing)) {
    const path = join(dir, name)
    const current = now.get(key)
    if (current !== undefined && existsSync(aside(current)))
      renameSync(aside(current), path)
    else writeFileSync(path, synced.contentOf(key) ?? '')
  }
  for (const name of now.values()) rmSync(aside(name), { recursive: true, force: true })
}

const leftOf = (safe: Buffer, now: Buffer, dice: Dice): Buffer => {
  const luck = dice()
  if (luck < 0.4) return safe
  if (luck < 0.6) return now
  const grown = now.length - safe.length
  if (grown <= 0 || !now.subarray(0, safe.length).equals(safe))
    return luck < 0.8 ? safe : now
  if (luck < 0.8) return now.subarray(0, safe.length + Math.floor(dice() * grown))
  return Buffer.concat([safe, Buffer.alloc(grown)])
}
