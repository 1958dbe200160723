/**
 * A run while it is under way, and the three ways in which it ends before its input does: no
 * more is read and what is open finishes; what is open is left as if it had not been begun; all
 * goes down at once.
 */
import type { Failure } from '../errors.js'
import { Ledger } from '../ledger.js'
import type { ModelStats } from '../model/model.js'
import type { Works } from './plan.js'
import { stopped } from './stopping.js'

export class Underway {
  readonly ledger = new Ledger()
  /** Given to whoever reads the input. */
  readonly reading = new AbortController()
  /** Given to everything. */
  readonly breaking = new AbortController()
  /** Set once models are connected and the stage is built. */
  works: Works | undefined
  /** Why going on made no sense. */
  unable: Failure | undefined
  /** All rows have left, or never will. */
  over = false

  readonly stats = (): ModelStats | undefined => this.works?.models?.stats()

  stopReading(): void {
    this.reading.abort(stopped)
  }

  /** What is finished is written; a record whose calls are cut would be judged by what it lacks. */
  leaveOpen(): void {
    this.ledger.halted = true
    this.works?.models?.abort()
  }

  /** In order, when going on makes no sense. */
  readonly endEarly = (failure: Failure): void => {
    if (this.over || this.unable) return
    this.unable = failure
    this.stopReading()
    this.leaveOpen()
  }

  readonly break = (error: unknown): void => {
    // The models hear of it at once: what their calls settle as is no fate of a record.
    this.ledger.halted = true
    this.breaking.abort(error)
  }
}
