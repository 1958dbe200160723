import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import { withoutCredentials } from '../../lib/credentials.js'
import { Failure } from '../../lib/errors.js'
import { parseAddress } from '../../lib/model/address.js'
import { inertJson, printable, printableJson } from '../../lib/run/printable.js'
import { lineTold } from '../../lib/run/told.js'
import type { Property } from './property.js'
import { anyJson, anyText } from './texts.js'

const moves = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

export const shown: Property = {
  name: 'told',
  promises:
    'nothing that is told moves or hides text, and JSON that is told says the same',
  share: 4,
  property: fc.property(
    anyText,
    anyJson,
    fc.integer({ min: 1, max: 40 }),
    (text, json, most) => {
      assert.doesNotMatch(printable(text, most), moves)
      assert.ok(printable(text, most).length <= most)
      assert.doesNotMatch(lineTold(text), moves)
      assert.ok(!lineTold(text).includes('secret@host'))
      const value: unknown = JSON.parse(json)
      const plain = JSON.stringify(value)
      assert.doesNotMatch(printableJson(value), moves)
      assert.equal(JSON.stringify(JSON.parse(printableJson(value))), plain)
      assert.equal(JSON.stringify(JSON.parse(inertJson(`${plain}\n`))), plain)
    },
  ),
}

const part = fc.oneof(anyText, fc.constantFrom('/', '@', '?', '#', ':', '%', '12'))
const url = fc.tuple(
  fc.constantFrom('http://', 'https://', 'ftp://', 'http:', ''),
  fc.array(part, { maxLength: 3 }).map(parts => parts.join('')),
  fc.constantFrom('host:8000', 'host', 'host/v1', 'host?x', ''),
)

export const addresses: Property = {
  name: 'addresses',
  promises: 'no URL, good or bad, is told with the password in it',
  share: 4,
  property: fc.property(url, ([scheme, user, host]) => {
    const password = 'pa55w0rd'
    const given = `${scheme}${user}:${password}${user}@${host}`
    try {
      const address = parseAddress(given)
      assert.ok(!address.shown.includes(password), address.shown)
    } catch (error) {
      assert.ok(error instanceof Failure && error.code === 'usage', String(error))
      assert.ok(!error.message.includes(password), error.message)
    }
    assert.ok(scheme === '' || !/\s/.test(user) || withoutCredentials(given))
  }),
}
