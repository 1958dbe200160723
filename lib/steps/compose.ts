/** Makes one record harder, one constraint and one question a pass (UltraIF, equation 3). */
import { hash } from 'node:crypto'
import { rejectFor } from '../errors.js'
import { currentLedger, type Counts } from '../ledger.js'
import type { Model } from '../model/model.js'
import { composePrompt } from '../prompts/compose.js'
import type { PromptTexts } from '../prompts/own-texts.js'
import { ownTextsFor } from '../prompts/prompt.js'
import { readTrained, trainedPrompt, trainedStop } from '../prompts/trained-composer.js'
import { constraintKinds, ordinalOf, type Record } from '../record.js'
import { composeOptions, type ComposeOptions } from '../stages/options.js'
import {
  ask,
  askRaw,
  isReadingFailure,
  type Answer,
  type Asking,
  type Unusable,
} from './ask.js'
import { passFlaw } from './check-pass.js'
import { withQuery } from './forget.js'
import { wordsBeyond, wordsOf } from './overlap.js'

/** What a composer wrote in one try. */
type Draft = Answer<{ prompt: string; question: string }>
interface Try {
  pass: number
  attempt: number
  maxTokens: number
}
type Composer = (record: Record, at: Try) => Promise<Draft>

/**
 * A pass that fails is tried again with another seed, then left out: the record goes on with
 * what it has, and `composed` says how many passes were wanted, how many were added and what
 * the others failed of. Only a failed call rejects the record; a prompt too long to be written
 * out again goes on as it is.
 */
export const composeRecord = (
  model: Model,
  options: Partial<ComposeOptions> = {},
  ledger = currentLedger(),
): ((record: Record) => Promise<Record>) => {
  ledger.adds.add('passes')
  const settings = composeOptions.parse(options)
  const composer =
    settings.composer === 'trained'
      ? trained(model, settings)
      : prompted(model, settings, ownTextsFor(settings.prompts, composePrompt))

  return async given => {
    let record = settings.from === 'simplified' ? simplify(given) : given
    const done = record.passes?.length ?? 0
    const failures: Counts = {}
    const held = heldWords(record)
    let added = 0
    for (let pass = 0; pass < settings.passes; pass++) {
      const { grown, flaws, failure } = await onePass(record, done + pass, held)
      for (const flaw of flaws) {
        failures[flaw] = (failures[flaw] ?? 0) + 1
        ledger.note(`compose.${flaw}`)
      }
      if (failure) return { ...record, reject: rejectFor('compose', failure) }
      if (grown) {
        held.push(wordsBeyond(wordsOf(grown.query), wordsOf(record.query)))
        record = grown
        added++
      } else if (flaws.every(flaw => flaw === 'truncated' || flaw === 'too_long')) break
    }
    return {
      ...record,
      passes: record.passes ?? [],
      composed: { wanted: settings.passes, added, failures },
    }
  }

  /** Tries until a draft is good. A prompt too long to be written again stays as it is. */
  async function onePass(
    record: Record,
    pass: number,
    held: readonly (readonly string[])[],
  ): Promise<PassResult> {
    const flaws: string[] = []
    let { maxTokens } = settings
    for (let attempt = 0; attempt < settings.tries; attempt++) {
      const draft = await composer(record, { pass, attempt, maxTokens })
      if (draft.ok) {
        const flaw = flawOf(record, draft.value, held)
        if (!flaw) return { grown: grow(record, draft.value), flaws }
        flaws.push(flaw)
        continue
      }
      if (draft.code !== 'too_long' && !isReadingFailure(draft.code)) {
        return { flaws, failure: draft }
      }
      flaws.push(draft.code)
      if (draft.code === 'too_long') break
      if (draft.code === 'truncated') maxTokens *= 2
    }
    return { flaws }
  }
}

interface PassResult {
  grown?: Record
  flaws: string[]
  failure?: Unusable
}

const flawOf = (
  record: Record,
  draft: { prompt: string; question: string },
  held: readonly (readonly string[])[],
) =>
  passFlaw({
    before: record.query,
    after: draft.prompt,
    question: draft.question,
    asked: (record.questions ?? []).map(({ text }) => text),
    held,
  })

/** Decompose finds eight at most; each of these costs as much as the whole query is long. */
const mostConstraints = 64

/** What each constraint that still has its question put into the query. Grows with each pass. */
const heldWords = (record: Record): string[][] => {
  const asked = new Set((record.questions ?? []).map(({ text }) => text))
  const whole = wordsOf(record.decomposed ?? record.seed.query)
  return [
    ...(record.constraints ?? [])
      .slice(0, mostConstraints)
      .filter(({ question }) => asked.has(question))
      .map(({ without }) => wordsBeyond(whole, wordsOf(without))),
    ...(record.passes ?? []).map(({ before, after }) =>
      wordsBeyond(wordsOf(after), wordsOf(before)),
    ),
  ]
}

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
  { pass, attempt, maxTokens }: Try,
): Asking => ({
  label: 'compose',
  rank: ordinalOf(record.id),
  seed: settings.seed,
  // The tries of a pass are counted out here, where a flaw is seen: each has its own place.
  stage: `compose/${attempt}`,
  pass,
  temperature: settings.temperature,
  maxTokens,
  tries: 1,
})

const prompted =
  (model: Model, settings: ComposeOptions, texts: PromptTexts): Composer =>
  (record, at) =>
    ask(
      model,
      composePrompt,
      {
        prompt: record.query,
        kind: kindFor(record.id, at),
        checks: (record.questions ?? []).map(({ text }) => text),
        system: record.system,
        history: record.history,
      },
      askingFor(settings, record, at),
      texts,
    )

const trained =
  (model: Model, settings: ComposeOptions): Composer =>
  (record, at) =>
    askRaw(
      model,
      {
        prompt: trainedPrompt(record.query, record.history),
        extra: { add_special_tokens: false },
      },
      askingFor(settings, record, at),
      readTrained,
      trainedStop,
    )

/** Spreads the kinds evenly over records and passes, the same way on every run. */
const kindFor = (id: string, { pass, attempt }: Try) => {
  const first = Number.parseInt(hash('sha256', id, 'hex').slice(0, 8), 16)
  return (
    constraintKinds[(first + pass + 2 * attempt) % constraintKinds.length] ?? 'content'
  )
}
