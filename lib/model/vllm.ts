/**
 * One model on one or several servers, for library users and single commands.
 */
import { connect } from './connect.js'
import type { Model } from './model.js'
import { readOptions, type VllmOptions, vllmOptions } from './options.js'

/**
 * Connects to OpenAI-compatible servers (vLLM 0.10 to 0.33, or any other) that serve one model.
 *
 * ```ts
 * const model = await vllm({ urls: ['http://127.0.0.1:8000'] })
 * const outcome = await model.call({
 *   label: 'greet', rank: 0,
 *   messages: [{ role: 'user', content: 'Hello!' }],
 *   sampling: { temperature: 0, topP: 1, maxTokens: 16 },
 * })
 * await model.close()
 * ```
 * Throws `Failure`: `usage` for options and model names that do not fit, `server_unreachable`
 * after `startWaitMs`, `server_unusable` for a refused key or something that is no such server.
 */
export const vllm = async (options: VllmOptions): Promise<Model> => {
  const { urls, model, apiKey, extraBody, ...settings } = readOptions(
    vllmOptions,
    options,
    'vllm',
  )
  const [made] = await connect(
    [{ urls, model, apiKey, extraBody, structured: true }],
    settings,
  )
  return made as Model
}
