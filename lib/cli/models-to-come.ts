/**
 * Models that have their places before they are there. A recipe is built on them first: what is
 * wrong with it should not have to wait for servers, or for a model to be fetched.
 */
import { roleNames, type Model, type ModelCall, type Roles } from '../model/model.js'

/** Thrown by a model that is asked something too early. Stages of ours never do while they are built. */
export class NotThereYet extends Error {}

class ModelToCome implements Model {
  #model: Model | undefined

  come(model: Model): void {
    this.#model = model
  }

  get #there(): Model {
    if (this.#model) return this.#model
    throw new NotThereYet('this model is not connected yet')
  }

  get name() {
    return this.#there.name
  }
  get maxModelLen() {
    return this.#there.maxModelLen
  }
  call(request: ModelCall) {
    return this.#there.call(request)
  }
  stats() {
    return this.#there.stats()
  }
  inputEnded() {
    this.#there.inputEnded?.()
  }
  close() {
    return this.#there.close()
  }
  abort() {
    this.#there.abort()
  }
}

export const modelsToCome = (): { roles: Roles; come: (models: Roles) => void } => {
  const roles = {
    decompose: new ModelToCome(),
    compose: new ModelToCome(),
    generate: new ModelToCome(),
    judge: new ModelToCome(),
  }
  const come = (models: Roles): void => {
    for (const name of roleNames) roles[name].come(models[name])
  }
  return { roles, come }
}
