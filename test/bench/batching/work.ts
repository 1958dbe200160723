/** Work for a server as requests, and a closed loop that has it done. */
import type { Dispatcher } from 'undici'
import type { Member } from '../../../lib/model/batch/form.js'
import { readGroup } from '../../../lib/model/batch/read-group.js'
import { writeGroup } from '../../../lib/model/batch/write-group.js'
import { type Answer, Exchange } from '../../../lib/model/exchange.js'
import type { Sampling } from '../../../lib/model/model.js'
import {
  chatPath,
  completionsPath,
  readReply,
  requestBody,
} from '../../../lib/model/wire.js'
import type { Form } from './forms.js'

export interface Place {
  dispatcher: Dispatcher
  origin: string
  /** What comes before `/v1`. */
  base: string
}

export interface Load {
  model: string
  sequences: number
  /** Sequences in flight at most. */
  inFlight: number
  /** Calls in a list or batch, samples of one prompt. */
  group: number
  samples: number
  sampling: Sampling
  /** Every answer is as long as it may be. */
  even: boolean
}

interface Request {
  path: string
  body: string
  sequences: number
  /** Tokens of the answers. Throws where there are none. */
  read(text: string): number
}

export interface Done {
  sequences: number
  requests: number
  tokens: number
  ms: number
  /** CPU seconds of this process. */
  cpu: number
}

/** Bodies are written while the clock runs, as a client would. */
const requests = function* ({ call, batch }: Form, load: Load): Generator<Request> {
  const size = batch ? load[batch.size] : 1
  const extraBody = load.even ? { ignore_eos: true } : {}
  const target = { model: load.model, extraBody, structured: false }
  for (let i = 0; i < load.sequences; i += size) {
    const calls = Array.from({ length: size }, (_, k) =>
      call(i + k, load.sampling, load.samples),
    )
    const members = calls.map((request): Member => ({ request, groupKey: undefined }))
    const [first] = calls
    if (!first) return
    if (batch) {
      const group = { form: batch.form, members }
      const { path, body, asked } = writeGroup(group, target)
      const read = (text: string) => {
        const reading = readGroup(text, { ...asked, shown: path }, group)
        if (reading.failure) throw new Error(reading.failure.message)
        return reading.members.reduce((sum, { usage }) => sum + usage.completion, 0)
      }
      yield { path, body, read, sequences: size }
    } else {
      const chat = first.prompt === undefined
      const path = chat ? chatPath : completionsPath
      const asked = { shown: path, n: 1, chat, json: false, thinkingOff: false }
      const read = (text: string) => {
        const reading = readReply(text, asked)
        if (reading.failure) throw new Error(reading.failure.message)
        return reading.usage.completion
      }
      yield { path, body: JSON.stringify(requestBody(first, target)), read, sequences: 1 }
    }
  }
}

export const work = async (place: Place, form: Form, load: Load): Promise<Done> => {
  const width = form.batch ? load[form.batch.size] : 1
  const source = requests(form, load)
  const done: Done = { sequences: 0, requests: 0, tokens: 0, ms: 0, cpu: 0 }
  const worker = async (): Promise<void> => {
    for (const { path, body, sequences, read } of source) {
      const { status, text } = await ask(place, path, body)
      if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 300)}`)
      done.tokens += read(text)
      done.sequences += sequences
      done.requests++
    }
  }
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  await Promise.all(
    Array.from({ length: Math.floor(load.inFlight / width) }, () => worker()),
  )
  const { user, system } = process.cpuUsage(cpu)
  done.ms = performance.now() - startedAt
  done.cpu = (user + system) / 1e6
  return done
}

const ask = (
  { dispatcher, origin, base }: Place,
  path: string,
  body: string,
): Promise<Answer> =>
  new Promise((resolve, reject) =>
    dispatcher.dispatch(
      {
        origin,
        path: base + path,
        method: 'POST',
        headers: ['content-type', 'application/json'],
        body,
      },
      new Exchange({
        maxBytes: Infinity,
        onEnd: (answer, fault) =>
          answer ? resolve(answer) : reject(new Error(fault?.message)),
        onFree: () => {},
      }),
    ),
  )
