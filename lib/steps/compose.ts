/** Makes one record harder, one constraint and one question a pass (UltraIF, equation 3). */
import { createHash } from 'node:crypto'
import { reject } from '../errors.js'
import { Ledger, type Counts } from '../ledger.js'
import type { Model } from '../model/model.js'
import { composePrompt } from '../prompts/compose.js'
import { readOwnTexts, type PromptTexts } from '../prompts/own-texts.js'
import { readTrained, trainedPrompt, trainedStop } from '../prompts/trained-composer.js'
import { constraintKinds, ordinalOf, type Record } from '../record.js'
import { composeOptions, type ComposeOptions } from '../stages/options.js'
import { ask, askRaw, isReadingFailure, type Answer, type Asking } from './ask.js'
import { passFlaw } from './check-pass.js'
import { withQuery } from './forget.js'

/** What a composer wrote in one try. */
type Draft = Answer<{ prompt: string; question: string }>
type Composer = (record: Record, pass: number, attempt: number) => Promise<Draft>

/**
 * A pass that fails is tried again with another seed, then left out: the record goes on with
 * what it has, and `composed` says how many passes were wanted, how many were added and what
 * the others failed of. Only a failed call rejects the record.
 */
export const composeRecord = (
  model: Model,
  options: Partial<ComposeOptions> = {},
  ledger = new Ledger(),
): ((record: Record) => Promise<Record>) => {
  const settings = composeOptions.parse(options)
  const composer =
    settings.composer === 'trained'
      ? trained(model, settings)
      : prompted(model, settings, readOwnTexts(settings.prompts))

  return async given => {
    let record = settings.from === 'simplified' ? simplify(given) : given
    const failures: Counts = {}
    let added = 0
    for (let pass = 0; pass < settings.passes; pass++) {
      for (let attempt = 0; attempt < settings.tries; attempt++) {
        const draft = await composer(record, pass, attempt)
        if (!draft.ok && !isReadingFailure(draft.code)) {
          return {
            ...record,
            reject: reject('compose', draft.code, draft.message, draft.raw),
          }
        }
        const flaw = draft.ok ? flawOf(record, draft.value) : draft.code
        if (flaw) {
          failures[flaw] = (failures[flaw] ?? 0) + 1
          ledger.note(`compose.${flaw}`)
        } else if (draft.ok) {
          record = grow(record, draft.value)
          added++
          break
        }
      }
    }
    return {
      ...record,
      passes: record.passes ?? [],
      composed: { wanted: settings.passes, added, failures },
    }
  }
}

const flawOf = (record: Record, draft: { prompt: string; question: string }) =>
  passFlaw({
    before: record.query,
    after: draft.prompt,
    question: draft.question,
    asked: (record.questions ?? []).map(({ text }) => text),
  })

const grow = (
  record: Record,
  { prompt, question }: { prompt: string; question: string },
) => ({
  ...withQuery(record, prompt),
  passes: [...(record.passes ?? []), { before: record.query, after: prompt, question }],
  questions: [...(record.questions ?? []), { text: question, from: 'pass' as const }],
})

/** Starts from the prompt without its last constraint, whose question then no longer holds. */
const simplify = (record: Record): Record => {
  const last = record.constraints?.at(-1)
  if (!last || (record.passes?.length ?? 0) > 0) return record
  return {
    ...withQuery(record, last.without),
    questions: (record.questions ?? []).filter(
      ({ from, text }) => !(from === 'seed' && text === last.question),
    ),
    simplified: last,
  }
}

const askingFor = (
  settings: ComposeOptions,
  record: Record,
  pass: number,
  attempt: number,
): Asking => ({
  label: 'compose',
  rank: ordinalOf(record.id),
  seed: settings.seed,
  // The tries of a pass are counted out here, where a flaw is seen: each has its own place.
  stage: `compose/${attempt}`,
  pass,
  temperature: settings.temperature,
  maxTokens: settings.maxTokens,
  tries: 1,
})

const prompted =
  (model: Model, settings: ComposeOptions, texts: PromptTexts): Composer =>
  (record, pass, attempt) =>
    ask(
      model,
      composePrompt,
      {
        prompt: record.query,
        kind: kindFor(record.id, pass, attempt),
        checks: (record.questions ?? []).map(({ text }) => text),
        system: record.system,
        history: record.history,
      },
      askingFor(settings, record, pass, attempt),
      texts,
    )

const trained =
  (model: Model, settings: ComposeOptions): Composer =>
  (record, pass, attempt) =>
    askRaw(
      model,
      {
        prompt: trainedPrompt(record.query, record.history),
        extra: { add_special_tokens: false },
      },
      askingFor(settings, record, pass, attempt),
      readTrained,
      trainedStop,
    )

/** Spreads the kinds evenly over records and passes, the same way on every run. */
const kindFor = (id: string, pass: number, attempt: number) => {
  const first = createHash('sha256').update(id).digest().readUInt32BE(0)
  return (
    constraintKinds[(first + pass + 2 * attempt) % constraintKinds.length] ?? 'content'
  )
}
