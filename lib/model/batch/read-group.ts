/**
 * The reply to a group, one reading a member. Choice `i * n + k` is sample k of member i; a reply
 * that leaves any doubt about whose text is whose is no reply for any of them.
 */
import type { Choice, Usage } from '../model.js'
import { type Asked, readReply } from '../wire.js'
import type { AttemptFailure } from '../attempt.js'
import { divide } from './divide.js'
import { type Group, sequencesOf } from './form.js'

export type GroupReading =
  | {
      members: { choices: Choice[]; usage: Usage }[]
      /** What the server said of all of them. */
      usage: Usage
      failure?: never
    }
  | { failure: AttemptFailure; members?: never }

/**
 * `usage` of a member is an estimate, for the reply has one sum: answer tokens by the length of
 * its answers, prompt tokens by the length of its prompt (samples of one prompt: equally). Over
 * the members they add up to what the server said.
 */
export const readGroup = (
  text: string,
  asked: Asked,
  { form, members }: Group,
): GroupReading => {
  const reading = readReply(text, asked)
  if (reading.failure) return { failure: reading.failure }
  const { choices, usage } = reading
  let at = 0
  const own = members.map(({ request }) =>
    choices.slice(at, (at += sequencesOf(request))),
  )
  const prompts = divide(
    usage.prompt,
    members.map(member => (form === 'samples' ? 1 : promptLength(member))),
  )
  const completions = divide(usage.completion, own.map(answerLength))
  return {
    usage,
    members: own.map((choices, i) => ({
      choices,
      usage: { prompt: prompts[i] ?? 0, completion: completions[i] ?? 0 },
    })),
  }
}

const promptLength = ({
  request: { prompt, messages = [] },
}: Group['members'][number]) =>
  prompt === undefined
    ? messages.reduce((sum, { content }) => sum + content.length, 1)
    : prompt.length + 1

/** Each answer's end is a token, too. */
const answerLength = (choices: readonly Choice[]): number =>
  choices.reduce(
    (sum, { text, reasoning = '' }) => sum + text.length + reasoning.length + 1,
    0,
  )
