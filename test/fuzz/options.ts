import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import { runPage } from '../../lib/cli/commands/run.js'
import { defaultsLayer } from '../../lib/cli/config-file.js'
import { everyFlag } from '../../lib/cli/every-flag.js'
import { settle } from '../../lib/cli/settle.js'
import { Failure } from '../../lib/errors.js'
import type { Property } from './property.js'
import { anyText, anyValue } from './texts.js'

const flag = fc.constantFrom(...everyFlag().map(({ name }) => name))
const value = fc.oneof(
  anyValue,
  anyText,
  fc.constantFrom('auto', '4MiB', '30s', 5, true, 'sft'),
)

export const configuration: Property = {
  name: 'config',
  promises: 'every configuration is settled, or refused as wrong usage',
  share: 1,
  property: fc.property(
    fc.array(
      fc.tuple(
        fc.oneof({ weight: 20, arbitrary: flag }, { weight: 1, arbitrary: anyText }),
        value,
      ),
      {
        maxLength: 4,
      },
    ),
    entries => {
      const defaults = Object.fromEntries(entries)
      try {
        const settled = settle(runPage.sections, [
          defaultsLayer({ name: 'x.json', defaults }),
        ])
        assert.ok(settled.server.retries >= 0)
      } catch (error) {
        assert.ok(error instanceof Failure && error.code === 'usage', String(error))
      }
    },
  ),
}
