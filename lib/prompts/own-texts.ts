/**
 * The user's own prompt texts: `DIR/<name>.md` replaces the instructions of a prompt,
 * `DIR/<name>.examples.jsonl` its worked examples, one `{"input": …, "answer": …}` a line.
 * What is not there stays ours; a file whose name means nothing is refused.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Failure, messageOf } from '../errors.js'

export const promptNames = [
  'decompose',
  'question',
  'compose',
  'generate',
  'judge',
  'judge-one',
] as const
export type PromptName = (typeof promptNames)[number]

export interface OwnText {
  instructions?: string
  examples?: readonly { input: unknown; answer: unknown }[]
}
export type PromptTexts = { [name in PromptName]?: OwnText }

const Example = z.strictObject({
  input: z.record(z.string(), z.unknown()),
  answer: z.record(z.string(), z.unknown()),
})

/** Reads a folder of own texts. Throws `Failure` `usage` when it cannot be used. */
export const readOwnTexts = (dir: string | undefined): PromptTexts => {
  if (dir === undefined) return {}
  const texts: PromptTexts = {}
  for (const file of list(dir)) {
    const [, name, kind] = /^([a-z-]+)\.(md|examples\.jsonl)$/.exec(file) ?? []
    if (!isPromptName(name)) {
      throw new Failure(
        'usage',
        `--prompts: expected NAME.md or NAME.examples.jsonl in ${dir}, with NAME one of ` +
          `${promptNames.join(', ')}; got ${JSON.stringify(file)}`,
      )
    }
    if (name === 'generate' && kind !== 'md') {
      throw new Failure('usage', `${join(dir, file)}: generate takes no worked examples`)
    }
    const text = readText(join(dir, file))
    const own = (texts[name] ??= {})
    if (kind === 'md') own.instructions = text.trim()
    else own.examples = readExamples(join(dir, file), text)
  }
  return texts
}

const list = (dir: string): string[] => {
  try {
    return readdirSync(dir)
  } catch (cause) {
    throw new Failure(
      'usage',
      `--prompts: cannot read the folder ${dir}: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Failure('usage', `--prompts: cannot read ${path}: ${messageOf(cause)}`, {
      cause,
    })
  }
}

const readExamples = (path: string, text: string): z.infer<typeof Example>[] =>
  text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [Example.parse(JSON.parse(line))]
    } catch (cause) {
      throw new Failure(
        'usage',
        `${path}:${index + 1}: expected {"input": {…}, "answer": {…}}, got ${line.slice(0, 80)}`,
        { cause },
      )
    }
  })

const isPromptName = (name: string | undefined): name is PromptName =>
  promptNames.some(known => known === name)
