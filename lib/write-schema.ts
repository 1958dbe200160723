/** Last step of the build: the record's JSON Schema as a file, for programs not written in TypeScript. */
import { writeFileSync } from 'node:fs'
import { recordSchema } from './record.js'

writeFileSync(
  new URL('../record.schema.json', import.meta.url),
  `${JSON.stringify(recordSchema(), null, 2)}\n`,
)
