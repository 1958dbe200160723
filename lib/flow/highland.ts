/// <reference types="highland" preserve="true" />
/**
 * Highland, by `require`: an `import` has Node read all of its five thousand lines once more in
 * search of the names a CommonJS module may export, which took 40 ms of every start.
 */
import { createRequire } from 'node:module'

const _ = createRequire(import.meta.url)('highland') as HighlandStatic

export default _
