/**
 * What the engine computes in one step. A piece of a prompt is read alone, and answers advance
 * together: mixed, a piece would be cut where room is left, and its numbers, with them the
 * answer, would depend on the neighbours. In turns, so that a long prompt does not hold up others.
 */
import type { BatchItem } from './llama-module.js'

type Step = { item: BatchItem; processAmount: number }[]

export const inTurns = (): ((queue: { items: readonly BatchItem[] }) => Step) => {
  let readLast = false
  return ({ items }) => {
    const piece = items.find(({ tokens }) => tokens.length > 1)
    const answers = items.filter(({ tokens }) => tokens.length === 1)
    readLast = piece !== undefined && !(readLast && answers.length > 0)
    return readLast && piece
      ? [{ item: piece, processAmount: piece.tokens.length }]
      : answers.map(item => ({ item, processAmount: 1 }))
  }
}
