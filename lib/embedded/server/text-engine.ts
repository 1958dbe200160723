/**
 * What the chat server needs of a language model, and no more: node-llama-cpp is behind it, and
 * in tests a scripted one.
 */
export type Token = number

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

export interface Drawing {
  /** 0 is greedy. */
  temperature: number
  topP: number
  /** 32 bits. */
  seed: number
  /** What `grammar` made. */
  grammar?: unknown
}

/** One place in the model's memory: the tokens it has read, and what follows from them. */
export interface Sequence {
  /** Forgets all but the first `count` tokens. */
  keep(count: number): Promise<void>
  read(tokens: Token[]): Promise<void>
  /** Writes what it holds to a file. */
  save(file: string): Promise<void>
  /** Forgets all, and holds what was saved. */
  load(file: string): Promise<void>
  /** Reads `tokens`, at least one, then writes: a token at a time, for as long as it is asked. */
  write(tokens: Token[], drawing: Drawing): AsyncGenerator<Token, void>
}

export interface TextEngine {
  /** Tokens of prompt and answer together that a sequence holds. */
  contextLength: number
  sequences: Sequence[]
  encode(messages: ChatMessage[]): Token[]
  decode(tokens: Token[]): string
  /** The token that ends an answer. */
  isEnd(token: Token): boolean
  /** Made from a schema of the subset in json-schema.ts. */
  grammar(schema: object): Promise<unknown>
}
