/** JSONL through the library alone: parsed, written, nothing looked at. */
import { pipeline } from 'node:stream/promises'
import ndjson from 'ndjson'

await pipeline(process.stdin, ndjson.parse(), ndjson.stringify(), process.stdout)
