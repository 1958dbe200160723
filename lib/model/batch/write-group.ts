/**
 * A group as one request: the body of its first call, with the prompts of all in place of one.
 * The other fields are the same for every member, or they would not be in it.
 */
import { answerBound } from '../answer-bound.js'
import type { WrittenRequest } from '../open-call.js'
import { thinkingIsOff } from '../reasoning.js'
import { jsonText } from '../shared-json.js'
import {
  type Body,
  chatPath,
  completionsPath,
  requestBody,
  type Target,
} from '../wire.js'
import { batchChatPath, type BatchForm, type Group, sequencesOf } from './form.js'

/** Throws what `JSON.stringify` throws for a field that JSON cannot hold. */
export const writeGroup = ({ form, members }: Group, target: Target): WrittenRequest => {
  const calls = members.map(({ request }) => request)
  const [first] = calls
  if (!first) throw new Error('a group has members')
  const body = requestBody(first, target)
  const chat = first.prompt === undefined
  Object.assign(body, shared[form](calls))
  const n = calls.reduce((sum, call) => sum + sequencesOf(call), 0)
  return {
    path: form === 'chats' ? batchChatPath : chat ? chatPath : completionsPath,
    body: jsonText(body),
    asked: {
      n,
      chat,
      json: first.schema !== undefined,
      thinkingOff: thinkingIsOff(body),
      indexed: true,
    },
    maxBytes: answerBound(body, n),
    schema: target.structured ? first.schema?.name : undefined,
  }
}

type Calls = readonly Group['members'][number]['request'][]

/** What the form changes in the body of its first call, whose seed is the lowest. */
const shared: { [form in BatchForm]: (calls: Calls) => Body } = {
  samples: calls => ({ n: calls.length }),
  list: calls => ({ prompt: calls.map(({ prompt }) => prompt) }),
  chats: calls => ({ messages: calls.map(({ messages = [] }) => messages) }),
}
