/**
 * The first stage: a corpus in whatever shape to records. A bad line is a record, too, with a
 * `reject` that says what was wrong; reading goes on behind it.
 */
import _ from '../flow/highland.js'
import { messageOf } from '../errors.js'
import { Unpacker, type Unpacked } from '../jsonl/gunzip.js'
import { currentLedger } from '../ledger.js'
import type { Record } from '../record.js'
import type { Stage } from '../stage.js'
import { CorpusReader } from './corpus-reader.js'
import { parseOptions, type ParseOptions } from './options.js'

/**
 * Takes, in any mixture:
 * - bytes (`Buffer`, `Uint8Array`) cut anywhere, gzip or plain;
 * - strings as whole lines, one or several, the last with or without its line end. For text cut
 *   anywhere give the bytes: leave `setEncoding` out;
 * - objects, each in place of a line. A record of ours (`id` and `seed`) passes as it is: it is
 *   not counted again, and `skip` and `limit` do not see it.
 *
 * `file` is named in seeds and messages. At `limit` the stage ends and asks for no more; closing
 * the source is its owner's affair (`readRecords` and `toDuplex` see to it).
 *
 * ```ts
 * _(['Write a haiku.', '{"query": "Name three rivers."}']).through(parse())
 * ```
 */
export const parse = (
  options: Partial<ParseOptions> & { file?: string } = {},
): Stage<Uint8Array | string | object, Record> => {
  const { file, ...rest } = options
  const settings = parseOptions.parse(rest)
  const ledger = currentLedger()

  return source => {
    const reader = new CorpusReader(settings, ledger)
    const unpacker = new Unpacker()
    let broken = false
    reader.open(file)

    return source.consume<Record>((error, item, push, next) => {
      const give = (records: Record[]) => {
        for (const record of records) push(null, record)
      }
      const go = () => {
        if (reader.done) {
          unpacker.close()
          push(null, _.nil as never)
        } else next()
      }
      const end = () => {
        if (!broken) give(reader.close())
        push(null, _.nil as never)
      }
      const fail = (why: unknown) => {
        broken = true
        give(reader.break(messageOf(why)))
      }
      const unpack = (bytes: Unpacked, then: () => void) => {
        if (Symbol.iterator in bytes) {
          for (const chunk of bytes) give(reader.bytes(chunk))
          then()
        } else
          readAll(bytes, chunk => give(reader.bytes(chunk)))
            .catch(fail)
            .then(then)
            .catch((bug: Error) => push(bug))
      }

      if (error) {
        push(error)
        next()
      } else if (_.isNil(item)) unpack(broken ? [] : unpacker.end(), end)
      else if (item instanceof Uint8Array) unpack(broken ? [] : unpacker.write(item), go)
      else {
        give(typeof item === 'string' ? reader.lines(item) : reader.close())
        if (typeof item !== 'string') give(reader.object(item))
        go()
      }
    })
  }
}

const readAll = async (
  bytes: AsyncIterable<Uint8Array>,
  take: (chunk: Uint8Array) => void,
): Promise<void> => {
  for await (const chunk of bytes) take(chunk)
}
