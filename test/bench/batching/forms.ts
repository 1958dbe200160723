/** The ways of sending the same work that the benchmark compares. */
import type { BatchForm } from '../../../lib/model/batch/form.js'
import type { ModelCall, Sampling } from '../../../lib/model/model.js'

export interface Form {
  name: string
  /** What one request carries; without it, singles. */
  batch?: { form: BatchForm; size: 'group' | 'samples' }
  /** Call `i` of the work, of which `samples` ask for the same prompt. */
  call(i: number, sampling: Sampling, samples: number): ModelCall
}

/** What a run's calls share: instructions and examples, read once and then cached by the server. */
const instructions = Array.from(
  { length: 8 },
  (_, i) => `Rule ${i + 1}: read the text with care, then answer in few words.`,
).join('\n')

/** A few words that no other prompt has. */
const words = (i: number): string =>
  Array.from(
    { length: 3 },
    (_, k) => `item ${((i + 1) * 7919 + k * 104_729) % 99_991}`,
  ).join(', ')

const base = { label: 'bench', rank: 0 }
const text: Form['call'] = (i, sampling) => ({
  ...base,
  prompt: `${instructions}\n\n${words(i)}\n`,
  sampling,
})
const chat: Form['call'] = (i, sampling) => ({
  ...base,
  messages: [
    { role: 'system', content: instructions },
    { role: 'user', content: words(i) },
  ],
  sampling,
})
const sample: Form['call'] = (i, sampling, samples) => ({
  ...chat(Math.floor(i / samples), sampling, samples),
  sampling: { ...sampling, seed: i % samples },
})

export const forms: Form[] = [
  { name: 'texts, one a request', call: text },
  { name: 'texts, list', batch: { form: 'list', size: 'group' }, call: text },
  { name: 'chats, one a request', call: chat },
  { name: 'chats, batch route', batch: { form: 'chats', size: 'group' }, call: chat },
  { name: 'samples, one a request', call: sample },
  { name: 'samples, n', batch: { form: 'samples', size: 'samples' }, call: sample },
]
