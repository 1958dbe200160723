/**
 * An OpenAI-compatible server on the loopback interface over one language model, so that the
 * client for vLLM stays the only client there is. It speaks vLLM's wire as far as it goes: chat,
 * `n`, seeds, stop strings, json_schema, usage, and errors in the same form.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../../errors.js'
import { answerChats } from './answer-chats.js'
import { readChatRequest } from './chat-request.js'
import { HttpError } from './http-error.js'
import { Preambles } from './preambles.js'
import { Slots } from './slots.js'
import type { TextEngine } from './text-engine.js'

export interface ChatServer {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** Sequences free now, and answers that wait for one. */
  load(): { free: number; waiting: number }
  /** Cuts open connections. */
  close(): Promise<void>
}

export interface ServerOptions {
  /** As listed by `/v1/models`. */
  modelName: string
  /** For files of the server's own; empty. */
  folder: string
}

const mostBodyBytes = 16 * 1024 * 1024

/** Listens on a free port of 127.0.0.1. */
export const startChatServer = async (
  engine: TextEngine,
  { modelName, folder }: ServerOptions,
): Promise<ChatServer> => {
  const slots = new Slots(engine.sequences)
  const preambles = new Preambles(folder)
  const created = Math.floor(Date.now() / 1000)
  const { contextLength } = engine
  const models = {
    object: 'list',
    data: [
      {
        id: modelName,
        object: 'model',
        created,
        owned_by: 'ultraif',
        max_model_len: contextLength,
      },
    ],
  }

  const chat = answerChats(engine, { modelName, slots, preambles })

  const route = async (
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<[status: number, body: object]> => {
    const { method = '', url = '' } = request
    const known: { [path: string]: [string, () => Promise<object>] } = {
      '/health': ['GET', async () => ({})],
      '/v1/models': ['GET', async () => models],
      '/v1/chat/completions': [
        'POST',
        async () => chat(readChatRequest(await readBody(request)), signal),
      ],
    }
    const [allowed, answer] = known[url.split('?')[0] ?? ''] ?? []
    if (!allowed || !answer) return [404, { detail: 'Not Found' }]
    if (method !== allowed) return [405, { detail: 'Method Not Allowed' }]
    return [200, await answer()]
  }

  const server = createServer(async (request, response) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort(new Error('the client is gone')))
    try {
      send(response, ...(await route(request, gone.signal)))
    } catch (error) {
      if (gone.signal.aborted) return
      const told =
        error instanceof HttpError
          ? error
          : new HttpError(500, messageOf(error), { type: 'InternalServerError' })
      send(response, told.status, told.body)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    load: () => ({ free: slots.free, waiting: slots.waiting }),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBodyBytes)
      throw new HttpError(413, `the body is longer than ${mostBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const send = (response: ServerResponse, status: number, body: object): void => {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
