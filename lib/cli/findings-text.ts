/**
 * What `doctor` found, for people: facts first, then what a run would do, then what to change.
 */
import type { Findings } from '../model/probe.js'
import { count } from '../run/summary.js'
import { printable } from '../run/printable.js'

const can = (able: boolean): string => (able ? 'yes' : 'no')

export const findingsText = (findings: Findings): string => {
  const { settings, maxModelLen } = findings
  const facts: [string, string][] = [
    ['server', findings.version ? `vLLM ${findings.version}` : 'OpenAI-compatible'],
    ['model', findings.model],
    ...(findings.models.length > 1
      ? [['also serves', others(findings)] as [string, string]]
      : []),
    ['context', maxModelLen === undefined ? 'not told' : `${count(maxModelLen)} tokens`],
    ['chat', can(findings.chat)],
    ['samples in one call', can(findings.samples)],
    ['JSON Schema', findings.jsonSchema],
    ['reasoning', findings.reasoning],
    ['prompt lists', can(findings.promptLists)],
    ['batch chat', can(findings.batchChat)],
    ['gauges (/metrics)', can(findings.metrics)],
  ]
  const then: [string, string][] = [
    [
      'in flight',
      `${settings.concurrency} sequences${findings.metrics ? ' at first, then as its gauges say' : ''}`,
    ],
    [
      'answers',
      settings.structured ? 'asked for by schema' : 'asked for by the prompt alone',
    ],
  ]
  return [
    printable(findings.url),
    ...table(facts),
    'A run would use',
    ...table(then),
    ...(findings.notes.length === 0
      ? []
      : ['To know', ...findings.notes.map(note => `  - ${printable(note, 1000)}`)]),
    '',
  ].join('\n')
}

const others = ({ models, model }: Findings): string =>
  models
    .map(({ id }) => id)
    .filter(id => id !== model)
    .join(', ')

const table = (rows: [string, string][]): string[] => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${printable(value)}`)
}
