import t, { type Test } from 'tap'
import { ask, chat, structured } from '../../fixtures/ask.js'
import { type SimulateOptions, simulate } from '../../fixtures/vllm/simulate.js'

const path = '/v1/chat/completions'
const noFlaws = {
  unchanged: 0,
  leaked: 0,
  truncated: 0,
  duplicateQuestion: 0,
  noQuestion: 0,
  missingVerdict: 0,
  noConstraints: 0,
}
const start = async (t: Test, options: SimulateOptions = {}) => {
  const server = await simulate({ flaws: noFlaws, ...options })
  t.teardown(() => server.close())
  const text = async (body: object): Promise<string> =>
    (await ask(server.url, path, body)).json.choices[0]?.message.content ?? ''
  return { server, text, value: async (body: object) => JSON.parse(await text(body)) }
}

const tag = (name: string, text: string): string => `<${name}>\n${text}\n</${name}>`
const prompts = [
  'Write a poem about the sea in four lines. Use no commas. End with a question.',
  'Explain what a loss leader is, in exactly three bullet points',
  'Please sort these words.\n\n- one\n- two\n\nKeep the case of the letters as it is.',
  '写一首关于春天的诗。不要使用逗号。每行不超过十个字。',
  'Enumera los pasos. Evita usar las palabras "salario" y "gastos" en tu respuesta.',
]

t.test('a constraint found in a prompt can be taken out of it', async t => {
  const { value } = await start(t)
  for (const prompt of prompts) {
    const { constraints } = await value(
      structured('ultraif_decompose', tag('prompt', prompt)),
    )
    t.ok(constraints.length > 0 && constraints.length <= 4, prompt)
    for (const { kind, text, without } of constraints) {
      t.match(kind, /^(content|numerical|stylistic|format|linguistic)$/)
      t.ok(prompt.includes(text), `"${text}" comes from the prompt`)
      t.ok(without.length > 0 && without.length < prompt.length, without)
      t.notOk(without.includes(text))
    }
  }
})

t.test('a short prompt without conditions has no constraints', async t => {
  const { value } = await start(t)
  t.same(await value(structured('ultraif_decompose', tag('prompt', 'Name a fruit.'))), {
    constraints: [],
  })
})

t.test('a question mentions its constraint', async t => {
  const { value } = await start(t)
  const { question } = await value(
    structured(
      'ultraif_question',
      `${tag('prompt', 'Write a poem.')}\n${tag('constraint', 'Use no commas.')}`,
    ),
  )
  t.match(question, /Use no commas.*\?$/)
})

t.test('a composed prompt keeps the task and adds one thing to it', async t => {
  const { value } = await start(t)
  const added = new Set<string>()
  for (const prompt of prompts) {
    const content = `${tag('conversation', tag('prompt', 'not this'))}\n${tag('prompt', prompt)}`
    const composed = await value(structured('ultraif_compose', content))
    t.ok(composed.prompt.startsWith(prompt), composed.prompt)
    t.ok(composed.prompt.endsWith(composed.constraint))
    t.match(composed.question, /\?$/)
    added.add(composed.constraint)
  }
  t.ok(added.size > 2, 'constraints vary')
})

t.test('the trained composer answers in its own form on a text completion', async t => {
  const { server } = await start(t)
  const query = 'Tell me a joke about cats.'
  for (const prompt of [
    `[initial query]: ${query}`,
    `<|user|>\n[history]: [] \n [initial query]: ${query}<|end|>\n<|assistant|>`,
  ]) {
    const { json } = await ask(server.url, '/v1/completions', { prompt, max_tokens: 200 })
    const composed = JSON.parse(json.choices[0]?.text ?? '')
    t.ok(composed['augmented query'].startsWith(`${query} `), composed['augmented query'])
    t.match(composed.question, [/\?$/])
  }
})

const judged = (questions: string[], response = 'a response') =>
  `${tag('prompt', 'p')}\n${tag('response', response)}\n${tag(
    'questions',
    questions.map((question, index) => `${index + 1}. ${question}`).join('\n'),
  )}`

t.test('a verdict is the same whether asked together or apart', async t => {
  const { value } = await start(t, { passRate: 0.5 })
  const questions = Array.from({ length: 20 }, (_, index) => `Is it ${index}?`)
  const together = await value(structured('ultraif_verdicts', judged(questions)))
  t.equal(Object.keys(together).length, 20)
  for (const [index, question] of questions.entries()) {
    const apart = `${tag('response', 'a response')}\n${tag('question', question)}`
    t.same(await value(structured('ultraif_verdict', apart)), together[String(index + 1)])
  }
})

t.test('the judge says yes as often as passRate says', async t => {
  for (const passRate of [0, 0.85, 1]) {
    const { value } = await start(t, { passRate })
    const questions = Array.from({ length: 500 }, (_, index) => `Is it ${index}?`)
    const verdicts = await value(structured('ultraif_verdicts', judged(questions)))
    const yes = Object.values(verdicts as { [number: string]: { answer: string } })
      .map(({ answer }) => answer)
      .filter(answer => answer === 'yes').length
    t.ok(Math.abs(yes / 500 - passRate) < 0.05, `${yes} of 500 at ${passRate}`)
  }
})

t.test('free answers have a lognormal length around the median asked for', async t => {
  const { server } = await start(t, { answerTokens: { median: 100, sigma: 0.5 } })
  const { json } = await ask(
    server.url,
    path,
    chat('Tell me about lighthouses and their keepers.', { n: 200 }),
  )
  const lengths = json.choices
    .map(({ message }) => message.content?.length ?? 0)
    .sort((one, other) => one - other)
  const median = lengths[100] as number
  t.ok(median > 300 && median < 700, `${median} characters`)
  t.ok((lengths[199] as number) > 2 * median, 'some are long')
  t.ok((lengths[0] as number) < median / 2, 'some are short')
  t.ok(
    json.choices.every(({ message }) =>
      /lighthouses|keepers/.test(String(message.content)),
    ),
  )
})

t.test('the same request gets the same answer, whatever came before it', async t => {
  const one = await start(t)
  const other = await start(t)
  const body = chat('What is a kite?', { temperature: 1, seed: 3 })
  const first = await one.text(body)
  await other.text(chat('Something else'))
  t.equal(await other.text(body), first)
  t.equal(await one.text(body), first)
  t.not(await one.text({ ...body, seed: 4 }), first, 'another seed, another answer')
  t.not(await one.text({ ...body, temperature: 0.5 }), first)
  const reseeded = await start(t, { seed: 1 })
  t.not(await reseeded.text(body), first, 'another model')
})

t.test('sample k of n is the single call with seed + k', async t => {
  const { server, text } = await start(t)
  const body = chat('What is a kite?', { temperature: 1, seed: 10 })
  const { json } = await ask(server.url, path, { ...body, n: 3 })
  for (const [k, { message }] of json.choices.entries())
    t.equal(message.content, await text({ ...body, seed: 10 + k }))
})

t.test('a warm judge’s n verdicts are those of n judges', async t => {
  const { server, text } = await start(t, { passRate: 0.5 })
  const question = `${tag('question', 'Is it short?')}\n${tag('response', 'Yes.')}`
  const judge = (more: object) =>
    structured('ultraif_verdict', question, { temperature: 0.3, ...more })
  const singles = await Promise.all(
    Array.from({ length: 8 }, (_, k) => text(judge({ seed: 7 + k }))),
  )
  const { json } = await ask(server.url, path, judge({ seed: 7, n: 8 }))
  t.same(
    json.choices.map(({ message }) => message.content),
    singles,
  )
  t.ok(new Set(singles).size > 1, 'they are not of one mind')
})

t.test('a conversation gets the same answer in a batch as alone', async t => {
  const { server, text } = await start(t)
  const messages = ['What is a kite?', 'What is a gull?'].map(content => [
    { role: 'user', content },
  ])
  const { json } = await ask(server.url, `${path}/batch`, { messages, seed: 1 })
  for (const [index, conversation] of messages.entries())
    t.equal(
      json.choices[index]?.message.content,
      await text({ messages: conversation, seed: 1 }),
    )
})

t.test('max_tokens cuts an answer, and finish_reason says so', async t => {
  const { server } = await start(t)
  const { json } = await ask(
    server.url,
    path,
    chat('Tell me a story.', { max_tokens: 5 }),
  )
  t.equal(json.choices[0]?.finish_reason, 'length')
  t.equal(json.usage.completion_tokens, 5)
})

t.test('a stop string ends an answer before it', async t => {
  const { server } = await start(t)
  const body = chat('Tell me a story.', { stop: ['.'] })
  const [choice] = (await ask(server.url, path, body)).json.choices
  t.match(choice, { finish_reason: 'stop', stop_reason: '.' })
  t.notMatch(choice?.message.content, '.')
  const kept = await ask(server.url, path, { ...body, include_stop_str_in_output: true })
  t.equal(kept.json.choices[0]?.message.content, `${choice?.message.content}.`)
})

t.test('ignore_eos fills max_tokens', async t => {
  const { server } = await start(t)
  const { json } = await ask(
    server.url,
    path,
    chat('Hi', { ignore_eos: true, max_tokens: 900 }),
  )
  t.equal(json.usage.completion_tokens, 900)
  t.equal(json.choices[0]?.finish_reason, 'length')
})

t.test('flaws come at the rate set for them', async t => {
  const bodies = Array.from({ length: 300 }, (_, index) =>
    structured('ultraif_compose', tag('prompt', `Write about number ${index}.`)),
  )
  const part = async (flaws: object, flawed: (text: string, body: object) => boolean) => {
    const { text } = await start(t, { flaws: { ...noFlaws, ...flaws } })
    let count = 0
    for (const body of bodies) if (flawed(await text(body), body)) count += 1
    return count / bodies.length
  }
  const near = (value: number) => value > 0.35 && value < 0.65
  const broken = (text: string): boolean => {
    try {
      return !JSON.parse(text)
    } catch {
      return true
    }
  }
  t.ok(near(await part({ truncated: 0.5 }, broken)), 'truncated')
  t.ok(near(await part({ leaked: 0.5 }, text => text.includes('<prompt>'))), 'leaked')
  const unchanged = (text: string): boolean => {
    const { prompt, constraint } = JSON.parse(text)
    return !prompt.includes(constraint)
  }
  t.ok(near(await part({ unchanged: 0.5 }, unchanged)), 'unchanged')
  t.equal(await part({}, text => broken(text) || unchanged(text)), 0, 'none without')
})
