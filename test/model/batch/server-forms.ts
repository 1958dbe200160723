import t from 'tap'
import type { AttemptFailure } from '../../../lib/model/attempt.js'
import type { BatchForm } from '../../../lib/model/batch/form.js'
import { ServerForms } from '../../../lib/model/batch/server-forms.js'

const failure = (status: number): AttemptFailure => ({
  code: 'bad_request',
  message: 'no',
  status,
})

/** A server that answers each question about a form with `takes`, when it is told to. */
const server = (takes: boolean) => {
  const questions: BatchForm[] = []
  let answer = () => {}
  const answered = new Promise<boolean>(resolve => (answer = () => resolve(takes)))
  const forms = new ServerForms(form => {
    questions.push(form)
    return answered
  })
  return { forms, questions, answer: async () => (answer(), await answered) }
}

t.test('every form is tried, and none that works is asked about', async t => {
  const { forms, questions } = server(false)
  for (const form of ['samples', 'list', 'chats'] as const) {
    t.ok(forms.takes(form))
    forms.worked(form)
    forms.failed(form, failure(400))
    t.ok(forms.takes(form), 'one bad member is no reason to do without')
  }
  t.strictSame(questions, [])
})

t.test('a form refused at first is asked about once, and left out meanwhile', async t => {
  const { forms, questions, answer } = server(true)
  forms.failed('list', failure(400))
  forms.failed('list', failure(400))
  t.strictSame(questions, ['list'])
  t.notOk(forms.takes('list'))
  t.ok(forms.takes('chats'), 'the others are not touched')
  await answer()
  t.ok(forms.takes('list'))
})

t.test('a form that the server says it lacks is never tried again', async t => {
  const { forms, questions, answer } = server(false)
  forms.failed('samples', failure(400))
  await answer()
  t.notOk(forms.takes('samples'))
  forms.failed('samples', failure(400))
  t.strictSame(questions, ['samples'])
})

t.test('a missing route needs no question', async t => {
  const { forms, questions } = server(true)
  forms.failed('chats', failure(404))
  t.notOk(forms.takes('chats'))
  t.strictSame(questions, [])
})

t.test('an overloaded server is asked nothing', async t => {
  const { forms, questions } = server(true)
  forms.failed('chats', failure(503))
  t.ok(forms.takes('chats'))
  t.strictSame(questions, [])
})
