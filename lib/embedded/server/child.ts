/**
 * The chat server as a process of its own. Native code that crashes takes only this process with
 * it, and what it prints can never land among the rows on stdout. It lives as long as its parent.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../errors.js'
import { startChatServer } from './chat-server.js'
import { loadLlama } from './llama.js'

/** Comes as the only argument, in JSON. */
export interface ChildOptions {
  module: string
  gguf: string
  modelName: string
  threads: number
}

/** The one message to the parent. */
export type ChildMessage = { url: string; contextLength: number } | { failed: string }

const log = (line: string): void => void process.stderr.write(`${line}\n`)

const folder = mkdtempSync(join(tmpdir(), 'ultraif-embedded-'))

const main = async (): Promise<ChildMessage> => {
  const { module, gguf, modelName, threads } = JSON.parse(
    process.argv[2] ?? '{}',
  ) as ChildOptions
  try {
    const engine = await loadLlama({ module, gguf, threads, log })
    const { url } = await startChatServer(engine, { modelName, folder })
    return { url, contextLength: engine.contextLength }
  } catch (error) {
    return { failed: messageOf(error) }
  }
}

// Ctrl-C reaches the whole group: the parent decides what is still finished and what is cut.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// The parent is gone, and with it everybody an answer could go to. An exit code alone would not
// do: the server listens on, and the engine may be in the middle of a prompt that nobody reads.
process.on('disconnect', () => process.exit(0))
process.send?.(await main())
