/**
 * The cheapest server there can be: the same answer of about 1 KB to whatever is asked, at once.
 * A simulated model works for its answers, and on a machine with few cores the measured client
 * would wait for it.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const json = (body: object): string => JSON.stringify(body)
const completion = json({
  id: 'chatcmpl-0',
  object: 'chat.completion',
  created: 0,
  model: 'fixed',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'An answer of some length, word after word. '.repeat(24),
        refusal: null,
        reasoning: null,
        tool_calls: [],
      },
      logprobs: null,
      finish_reason: 'stop',
      stop_reason: null,
    },
  ],
  usage: { prompt_tokens: 250, total_tokens: 450, completion_tokens: 200 },
})
const models = json({
  object: 'list',
  data: [{ id: 'fixed', object: 'model', max_model_len: 32768 }],
})

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const { url = '' } = request
    const body = url.endsWith('/completions')
      ? completion
      : url === '/v1/models'
        ? models
        : undefined
    response.writeHead(body ? 200 : 404, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body ?? ''),
    })
    response.end(body)
  })
})
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}`)
})
