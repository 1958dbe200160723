/** Runs to be cut: ways of reading, sampling and writing that differ in what a crash meets. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { makeChats, makeCorpus, type Corpus } from './corpus.js'

export interface Variant {
  name: string
  /** Writes the input into a folder. */
  write: (dir: string) => void
  /** What goes to stdin. */
  stdin?: string
  args: string[]
  outputs: string[]
  /** Marks of the records in their order, where what was paid for each can be told. */
  marks?: Corpus['marks']
}

const state = 'state/rejects.jsonl'
const text = (lines: string[]): string => lines.map(line => `${line}\n`).join('')

export const variants = (prompts: number): Variant[] => {
  const { lines, marks } = makeCorpus(prompts)
  const half = Math.floor(lines.length / 2)
  return [
    {
      name: 'file, all samples, two outputs',
      write: dir => writeFileSync(join(dir, 'in.jsonl'), text(lines)),
      args: [
        ...['in.jsonl', '--out', 'sft', '--also', 'dpo=dpo'],
        ...['--rejects', 'bad', '--concurrency', '4'],
      ],
      outputs: ['sft', 'dpo', 'bad', state],
      marks,
    },
    {
      name: 'stdin, until a pass',
      write: () => {},
      stdin: text(lines),
      args: [
        ...['--out', 'sft', '--also', 'composer=composer', '--until', 'pass'],
        ...['--concurrency', '3'],
      ],
      outputs: ['sft', 'composer', state],
      marks,
    },
    {
      name: 'two files, one packed, until a pair',
      write: dir => {
        writeFileSync(join(dir, 'a.jsonl.gz'), gzipSync(text(lines.slice(0, half))))
        // No line end at the end of the input.
        writeFileSync(join(dir, 'b.jsonl'), text(lines.slice(half)).trimEnd())
      },
      args: [
        ...['a.jsonl.gz', 'b.jsonl', '--out', 'dpo', '--as', 'dpo', '--until', 'pair'],
        ...['--also', 'record=records', '--concurrency', '4'],
      ],
      outputs: ['dpo', 'records', state],
      marks,
    },
    {
      name: 'chats, each turn, in the order of the input',
      write: dir => writeFileSync(join(dir, 'in.jsonl'), text(makeChats(prompts))),
      args: [
        ...['in.jsonl', '--turns', 'each', '--order', 'input', '--out', 'messages'],
        ...['--as', 'messages', '--also', 'preference=pairs', '--concurrency', '4'],
      ],
      outputs: ['messages', 'pairs', state],
    },
  ]
}
