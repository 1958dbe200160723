/**
 * One question to a model until the reply can be used: a call, its reader, and another try with
 * another seed when the reply was cut off or made no sense. Transport retries are the model's
 * own affair and are not counted here.
 */
import type { RejectCode } from '../codes.js'
import type { FailedCall } from '../errors.js'
import { beginning } from '../jsonl/well-formed.js'
import type { Message, Model, ModelCall } from '../model/model.js'
import { messagesOf, type Prompt } from '../prompts/prompt.js'
import type { PromptTexts } from '../prompts/own-texts.js'
import { wireSeed } from '../seed.js'

export interface Asking {
  label: string
  rank: number
  seed: number | undefined
  /** Place in the method, see `wireSeed`. */
  stage: string
  pass?: number
  sample?: number
  temperature: number
  topP?: number
  maxTokens: number
  /** Tries until the reply can be used. */
  tries: number
}

export interface Unusable extends FailedCall {
  ok: false
}
export type Answer<Value> = { ok: true; value: Value } | Unusable

/** The model answered, but not usably; every other code is a call that failed. */
export const isReadingFailure = (code: RejectCode): boolean =>
  code === 'truncated' || code === 'no_reply' || code === 'unusable_reply'

/** A greedy model answers the same again whatever the seed: another try needs some warmth. */
const retryTemperature = 0.3

/** Asks with one of our prompts and reads the reply with it. */
export const ask = <Input, Value>(
  model: Model,
  prompt: Prompt<Input, Value>,
  input: Input,
  asking: Asking,
  texts?: PromptTexts,
): Promise<Answer<Value>> =>
  askRaw(
    model,
    { messages: messagesOf(prompt, input, texts), schema: prompt.schema(input) },
    asking,
    text => prompt.read(text, input),
  )

/** The same for a request that is put together elsewhere. `read` answers undefined or a reason to try again. */
export const askRaw = async <Value>(
  model: Model,
  request: Pick<ModelCall, 'prompt' | 'schema' | 'extra'> & { messages?: Message[] },
  asking: Asking,
  read: (text: string) => Value | undefined,
  stop?: string[],
): Promise<Answer<Value>> => {
  let maxTokens = within(asking.maxTokens, model.maxModelLen)
  let attempts = 0
  let failure: Unusable = { ok: false, code: 'no_reply', message: 'not asked', attempts }
  for (let attempt = 0; attempt < asking.tries; attempt++) {
    const seed = wireSeed(asking.seed, {
      stage: asking.stage,
      pass: asking.pass ?? 0,
      attempt,
    })
    const outcome = await model.call({
      ...request,
      label: asking.label,
      rank: asking.rank,
      sampling: {
        temperature:
          attempt === 0
            ? asking.temperature
            : Math.max(asking.temperature, retryTemperature),
        topP: asking.topP ?? 1,
        maxTokens,
        seed: seed === undefined ? undefined : seed + (asking.sample ?? 0),
        ...(stop ? { stop } : {}),
      },
    })
    attempts += outcome.attempts
    if (!outcome.ok) return { ...outcome, attempts }
    const { text = '', finish = 'stop' } = outcome.choices[0] ?? {}
    if (finish === 'stop') {
      const value = read(text)
      if (value !== undefined) return { ok: true, value }
    }
    failure = { ok: false, attempts, ...unusable(asking.label, text, finish, maxTokens) }
    if (finish === 'length') maxTokens = within(2 * maxTokens, model.maxModelLen)
  }
  return failure
}

const unusable = (
  label: string,
  raw: string,
  finish: string,
  maxTokens: number,
): Omit<FailedCall, 'attempts'> => {
  if (finish === 'length')
    return { code: 'truncated', message: `${label}: cut off at ${maxTokens} tokens`, raw }
  if (raw.trim() === '')
    return { code: 'no_reply', message: `${label}: the model answered with nothing` }
  const message =
    finish === 'stop'
      ? `${label}: expected the JSON that was asked for, got ${beginning(raw, 120)}`
      : `${label}: ended with ${finish}`
  return { code: 'unusable_reply', message, raw }
}

/** Never more than half of the context, or no prompt fits beside it. */
const within = (maxTokens: number, context: number | undefined): number =>
  context === undefined
    ? maxTokens
    : Math.min(maxTokens, Math.max(1, Math.floor(context / 2)))
