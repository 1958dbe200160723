/**
 * What the prompts of a run say, as a hash each: a word changed in one of them changes what comes
 * out, and a durable run must notice.
 */
import { hash } from 'node:crypto'
import { composePrompt } from './compose.js'
import { decomposePrompt } from './decompose.js'
import { generateInstructions } from './generate.js'
import { judgeOnePrompt } from './judge-one.js'
import { judgePrompt } from './judge.js'
import { readOwnTexts, type PromptName } from './own-texts.js'
import { questionPrompt } from './question.js'

type Words = { instructions: string; examples?: readonly unknown[] }

const ours: { [name in PromptName]: Words } = {
  decompose: decomposePrompt,
  question: questionPrompt,
  compose: composePrompt,
  generate: { instructions: generateInstructions },
  judge: judgePrompt,
  'judge-one': judgeOnePrompt,
}

/** SHA-256 of the words of each prompt, the user's own in `dir` before ours. Throws `Failure` `usage`. */
export const promptHashes = (dir: string | undefined): { [name: string]: string } => {
  const own = readOwnTexts(dir)
  return Object.fromEntries(
    Object.entries(ours).map(([name, { instructions, examples = [] }]) => {
      const words = { instructions, examples, ...own[name as PromptName] }
      return [name, hash('sha256', JSON.stringify(words), 'hex')]
    }),
  )
}
