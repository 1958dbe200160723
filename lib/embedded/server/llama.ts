/** node-llama-cpp as the model behind the chat server. */
import { pathToFileURL } from 'node:url'
import { Failure, messageOf } from '../../errors.js'
import { inTurns } from './batches.js'
import type {
  ChatItem,
  LlamaContext,
  LlamaModel,
  LlamaModule,
  LlamaSequence,
} from './llama-module.js'
import type { ChatMessage, Sequence, TextEngine } from './text-engine.js'

export interface LlamaOptions {
  /** Path of the engine's module. */
  module: string
  gguf: string
  threads: number
  log: (line: string) => void
}

/** Answers that advance together; less where a large model leaves no memory for it. */
const sizes = [
  { sequences: 4, contextSize: 4096 },
  { sequences: 2, contextSize: 2048 },
]

/** @throws Failure embedded_unavailable when the binary or the model does not load */
export const loadLlama = async ({
  module: path,
  gguf,
  threads,
  log,
}: LlamaOptions): Promise<TextEngine> => {
  const llamaModule = (await import(pathToFileURL(path).href)) as LlamaModule
  const llama = await llamaModule
    .getLlama({
      // The build for Apple Silicon is the only one without a CPU-only mode.
      gpu: process.platform === 'darwin' && process.arch === 'arm64' ? 'metal' : false,
      build: 'never',
      skipDownload: true,
      maxThreads: threads,
      logLevel: 'error',
      logger: (_level, message) => log(message.trimEnd()),
    })
    .catch(failWith('The engine node-llama-cpp does not run on this machine'))
  const model = await llama
    .loadModel({ modelPath: gguf })
    .catch(failWith(`The model ${gguf} could not be loaded`))
  const { context, sequences } = await createContext(model, threads, gguf)
  const wrapper = llamaModule.resolveChatWrapper(model)
  const grammars = new Map<string, Promise<unknown>>()

  return {
    contextLength: context.contextSize,
    sequences: Array.from({ length: sequences }, () =>
      asSequence(llamaModule, model, context.getSequence()),
    ),
    encode: messages => encode(wrapper, model, messages),
    decode: tokens => model.detokenize(tokens),
    isEnd: token => model.isEogToken(token),
    grammar: schema => {
      const key = JSON.stringify(schema)
      const grammar = grammars.get(key) ?? llama.createGrammarForJsonSchema(schema)
      grammars.set(key, grammar)
      // Our own schemas are few; one for each count of questions is the most.
      if (grammars.size > 64) grammars.clear()
      return grammar
    },
  }
}

const failWith = (what: string) => (error: unknown) => {
  throw new Failure('embedded_unavailable', `${what}: ${messageOf(error)}`, {
    cause: error,
  })
}

const createContext = async (
  model: LlamaModel,
  threads: number,
  gguf: string,
): Promise<{ context: LlamaContext; sequences: number }> => {
  let last: unknown
  for (const { sequences, contextSize } of sizes)
    try {
      const context = await model.createContext({
        sequences,
        contextSize: Math.min(contextSize, model.trainContextSize),
        threads,
        flashAttention: true,
        batching: { itemPrioritizationStrategy: inTurns() },
      })
      return { context, sequences }
    } catch (error) {
      last = error
    }
  return failWith(`The model ${gguf} does not fit in memory`)(last)
}

const encode = (
  wrapper: ReturnType<LlamaModule['resolveChatWrapper']>,
  model: LlamaModel,
  messages: ChatMessage[],
): number[] => {
  const chatHistory = messages.map(({ role, content }): ChatItem =>
    role === 'assistant'
      ? { type: 'model', response: [content] }
      : { type: role, text: content },
  )
  chatHistory.push({ type: 'model', response: [] })
  const { contextText } = wrapper.generateContextState({ chatHistory })
  const tokens = contextText.tokenize(model.tokenizer)
  // The wrapper opens with a BOS whatever the model says. SmolLM2's BOS is <|im_start|>, and two
  // of them in a row derail it: "La femme de France, la femme …" for the capital of France.
  const { bos, shouldPrependBosToken } = model.tokens
  const doubled = !shouldPrependBosToken && tokens[0] === bos && tokens[1] === bos
  return doubled ? tokens.slice(1) : tokens
}

const asSequence = (
  { LlamaGrammarEvaluationState }: LlamaModule,
  model: LlamaModel,
  sequence: LlamaSequence,
): Sequence => ({
  keep: async count => {
    const end = sequence.nextTokenIndex
    if (count < end) await sequence.eraseContextTokenRanges([{ start: count, end }])
  },
  read: tokens => sequence.evaluateWithoutGeneratingNewTokens(tokens),
  save: async file => void (await sequence.saveStateToFile(file)),
  load: async file => {
    await sequence.clearHistory()
    // The risk is a file of another model: these are this process's own.
    await sequence.loadStateFromFile(file, { acceptRisk: true })
  },
  async *write(tokens, { temperature, topP, seed, grammar }) {
    const written = sequence.evaluateWithMetadata(
      tokens,
      {},
      {
        temperature,
        topP,
        // vLLM's defaults; the engine's own are 40 and 0.05.
        topK: 0,
        minP: 0,
        seed,
        yieldEogToken: true,
        ...(grammar === undefined
          ? {}
          : {
              grammarEvaluationState: new LlamaGrammarEvaluationState({ model, grammar }),
            }),
      },
    )
    for await (const { token } of written) yield token
  },
})
