/**
 * Alpaca: `{instruction, input, output}`, with `system` and `history` as LLaMA-Factory has them.
 * The output is an answer, and not used.
 */
import { fault, type Reader } from './conversation.js'
import { readUltraif } from './ultraif.js'

export const readAlpaca: Reader = row =>
  row['instruction'] === undefined
    ? fault('unknown_format', 'expected an instruction')
    : readUltraif({
        instruction: row['instruction'],
        input: row['input'],
        history: row['history'],
        system: row['system'],
      })
