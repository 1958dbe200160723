/** Decomposes one record: its constraints, then one question for each, asked side by side. */
import { rejectFor } from '../errors.js'
import { currentLedger } from '../ledger.js'
import type { Model } from '../model/model.js'
import { decomposePrompt, type FoundConstraint } from '../prompts/decompose.js'
import { ownTextsFor } from '../prompts/prompt.js'
import { questionPrompt } from '../prompts/question.js'
import { ordinalOf, type Constraint, type Question, type Record } from '../record.js'
import { decomposeOptions, type DecomposeOptions } from '../stages/options.js'
import { ask, isReadingFailure, type Answer } from './ask.js'
import { constraintFlaw } from './check-constraint.js'
import { withQuestions } from './forget.js'
import { mostlyUnspaced, sameWords, wordsOf } from './overlap.js'

/**
 * A prompt without constraints gives `constraints: []`, which is an outcome and no failure.
 * Constraints that cannot be used, or that have no question, are dropped and counted as notes.
 */
export const decomposeRecord = (
  model: Model,
  options: Partial<DecomposeOptions> = {},
  ledger = currentLedger(),
): ((record: Record) => Promise<Record>) => {
  ledger.adds.add('constraints')
  const { seed, maxTokens, prompts } = decomposeOptions.parse(options)
  const texts = ownTextsFor(prompts, decomposePrompt, questionPrompt)

  const question = (record: Record, found: FoundConstraint, index: number) =>
    ask(
      model,
      questionPrompt,
      { prompt: record.query, constraint: found.text },
      {
        label: 'question',
        rank: ordinalOf(record.id),
        seed,
        stage: 'question',
        pass: index,
        temperature: 0,
        maxTokens: Math.min(maxTokens, 512),
        tries: 2,
      },
      texts,
    )

  return async record => {
    const found = await ask(
      model,
      decomposePrompt,
      { prompt: record.query, room: charactersIn(maxTokens, record.query) },
      {
        label: 'decompose',
        rank: ordinalOf(record.id),
        seed,
        stage: 'decompose',
        temperature: 0,
        maxTokens,
        tries: 2,
      },
      texts,
    )
    if (!found.ok) return { ...record, reject: rejectFor('decompose', found) }

    const usable: FoundConstraint[] = []
    for (const constraint of found.value.constraints) {
      const flaw = constraintFlaw(record.query, constraint, usable)
      if (flaw) ledger.note(`decompose.${flaw}`)
      else usable.push(constraint)
    }

    const answers = await Promise.all(
      usable.map((one, index) => question(record, one, index)),
    )
    // A bad reply costs the constraint; a failed call would lose it in silence.
    const lost = answers.find(answer => !answer.ok && !isReadingFailure(answer.code))
    if (lost && !lost.ok) return { ...record, reject: rejectFor('decompose', lost) }

    const ofPasses = (record.questions ?? []).filter(({ from }) => from === 'pass')
    const constraints: Constraint[] = []
    for (const [index, one] of usable.entries()) {
      const text = questionOf(answers[index], [
        ...constraints.map(({ question }) => question),
        ...ofPasses.map(({ text }) => text),
      ])
      if (text) constraints.push({ ...one, question: text })
      else ledger.note('decompose.no_question')
    }
    const ofSeed = constraints.map(({ question }): Question => ({
      text: question,
      from: 'seed',
    }))
    return withQuestions({ ...record, constraints, decomposed: record.query }, [
      ...ofSeed,
      ...ofPasses,
    ])
  }
}

/** The question, or "" where there is none or it is asked already. */
const questionOf = (
  answer: Answer<{ question: string }> | undefined,
  asked: readonly string[],
): string => {
  const text = answer?.ok ? answer.value.question : ''
  return asked.some(other => sameWords(other, text)) ? '' : text
}

/** What surely fits so many tokens: two characters a token is dense code, less is not Latin. */
const charactersIn = (tokens: number, text: string): number =>
  mostlyUnspaced(wordsOf(text)) ? 0.8 * tokens : 2 * tokens
