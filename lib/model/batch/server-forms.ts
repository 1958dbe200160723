/**
 * Which forms one server takes. All are tried until one fails in a way that may mean the form
 * itself; then the server is asked about it with a request that no prompt can spoil, and calls go
 * singly until that is known. So a server that takes them costs no question, and the version is
 * never asked: the same release has a frontend that refuses lists and n > 1.
 */
import type { AttemptFailure } from '../attempt.js'
import { formIsMissing, mayMeanTheForm } from './after-group-failure.js'
import { type BatchForm, batchForms } from './form.js'

/** tried: not known yet. asked: the question is out. */
type Standing = 'tried' | 'asked' | 'known' | 'off'

export class ServerForms {
  readonly #standing = new Map<BatchForm, Standing>(
    batchForms.map(form => [form, 'tried']),
  )
  readonly #ask: (form: BatchForm) => Promise<boolean>

  /** `ask` is `takesForm` on that server; it must not throw. */
  constructor(ask: (form: BatchForm) => Promise<boolean>) {
    this.#ask = ask
  }

  readonly takes = (form: BatchForm): boolean => {
    const standing = this.#standing.get(form)
    return standing === 'tried' || standing === 'known'
  }

  /** A group of this form was answered. */
  worked(form: BatchForm): void {
    this.#standing.set(form, 'known')
  }

  /** A group of this form failed. */
  failed(form: BatchForm, failure: AttemptFailure): void {
    if (formIsMissing(failure, form)) this.#standing.set(form, 'off')
    else if (mayMeanTheForm(failure) && this.#standing.get(form) === 'tried') {
      this.#standing.set(form, 'asked')
      void this.#ask(form).then(takes => {
        if (this.#standing.get(form) === 'asked')
          this.#standing.set(form, takes ? 'known' : 'off')
      })
    }
  }
}
