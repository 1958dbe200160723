/**
 * The part of node-llama-cpp 3.22.1 that is used here, in types of our own: the package is
 * installed on first use, so there is nothing to import types from.
 */
export interface LlamaModule {
  getLlama(options: {
    gpu: false | 'metal'
    build: 'never'
    skipDownload: boolean
    maxThreads: number
    logLevel: string
    logger: (level: string, message: string) => void
  }): Promise<Llama>
  resolveChatWrapper(model: LlamaModel): ChatWrapper
  LlamaGrammarEvaluationState: new (options: {
    model: LlamaModel
    grammar: unknown
  }) => unknown
}

export interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>
  createGrammarForJsonSchema(schema: object): Promise<unknown>
}

export interface LlamaModel {
  readonly trainContextSize: number
  readonly tokenizer: unknown
  readonly tokens: { bos: number | null; shouldPrependBosToken: boolean }
  createContext(options: {
    sequences: number
    contextSize: number
    threads: number
    flashAttention: boolean
    batching: {
      itemPrioritizationStrategy: (queue: { items: readonly BatchItem[] }) => {
        item: BatchItem
        processAmount: number
      }[]
    }
  }): Promise<LlamaContext>
  detokenize(tokens: number[]): string
  isEogToken(token: number): boolean
}

export interface BatchItem {
  readonly tokens: readonly number[]
}

export interface LlamaContext {
  readonly contextSize: number
  getSequence(): LlamaSequence
  dispose(): Promise<void>
}

export interface LlamaSequence {
  readonly nextTokenIndex: number
  clearHistory(): Promise<void>
  eraseContextTokenRanges(ranges: { start: number; end: number }[]): Promise<void>
  evaluateWithoutGeneratingNewTokens(tokens: number[]): Promise<void>
  saveStateToFile(file: string): Promise<unknown>
  loadStateFromFile(file: string, consent: { acceptRisk: true }): Promise<void>
  evaluateWithMetadata(
    tokens: number[],
    metadata: object,
    options: {
      temperature: number
      topP: number
      topK: number
      minP: number
      seed: number
      yieldEogToken: boolean
      grammarEvaluationState?: unknown
    },
  ): AsyncGenerator<{ token: number }, void>
}

export type ChatItem =
  { type: 'system' | 'user'; text: string } | { type: 'model'; response: string[] }

export interface ChatWrapper {
  generateContextState(options: { chatHistory: ChatItem[] }): {
    contextText: { tokenize(tokenizer: unknown): number[] }
  }
}
