/** `ultraif doctor`: what a server can do, and the settings that follow. */
import { z } from 'zod'
import { exitCodes } from '../../codes.js'
import { Failure } from '../../errors.js'
import { printableJson } from '../../run/printable.js'
import { onSignals, signalExitCodes, type StopSignal } from '../../run/signals.js'
import { told } from '../../run/told.js'
import { checkUrls } from '../check-urls.js'
import { peopleSection } from '../common-sections.js'
import { keysFor } from '../environment.js'
import { findingsText } from '../findings-text.js'
import { page } from '../page.js'
import type { Section } from '../sections.js'
import { serverSection } from '../server-section.js'

const answer = z.strictObject({
  json: z.boolean().default(false).describe('the findings as JSON lines, one a server'),
})
const answerSection = {
  title: 'Output:',
  schema: answer,
  flags: { json: 'json' },
} satisfies Section<typeof answer>

const server = serverSection([])
const { baseUrl, model } = server.flags
const { config } = peopleSection.flags

export const doctorPage = page({
  description: `Asks a server, or several, what it can do: its version, models and context, answers that follow a
JSON Schema, several samples in one call, batch routes, gauges. Tells what a run would
make of it, and what to change. A few tiny calls; nothing is written.`,
  examples: [
    ['ultraif doctor --base-url http://127.0.0.1:8000', 'findings for people'],
    [
      'ultraif doctor --json --base-url http://127.0.0.1:8000 | jq .notes',
      'for programs',
    ],
  ],
  sections: {
    server: { ...server, flags: { baseUrl, model } },
    answer: answerSection,
    config: { ...peopleSection, flags: { config } },
  },
  takesFiles: false,
  showsRare: true,
  work: async ({ settings, edges, env }) => {
    const urls = settings.server.baseUrl
    if (urls.length === 0)
      throw new Failure(
        'no_model_server',
        'Expected a model server to look at: name one with --base-url URL or in ULTRAIF_BASE_URL.',
      )
    checkUrls(urls)
    const { probe } = await import('../../model/probe.js')
    const apiKey = keysFor(env, urls).all
    const served = new Set<string>()
    let exitCode: number = exitCodes.done
    const stopping = new AbortController()
    let stoppedBy: StopSignal | undefined
    const release = onSignals(edges.signals, {
      first: signal => {
        stoppedBy = signal
        stopping.abort()
      },
      second: () => {},
    })
    const complain = (error: unknown, code: number): void => {
      edges.stderr.write(`${told(error)}\n`)
      exitCode = Math.max(exitCode, code)
    }
    // One after the other, and all of them: a replica that is down hides nothing about the rest.
    for (const url of urls)
      try {
        const { signal } = stopping
        const findings = await probe({
          url,
          model: settings.server.model,
          apiKey,
          signal,
        })
        served.add(findings.model)
        edges.stdout.write(
          settings.answer.json ? `${printableJson(findings)}\n` : findingsText(findings),
        )
      } catch (error) {
        if (stoppedBy) break
        if (!(error instanceof Failure)) throw error
        complain(error, error.exitCode)
      }
    release()
    if (stoppedBy) return signalExitCodes[stoppedBy]
    if (served.size > 1) {
      const names = [...served].join(', ')
      const message = `replicas have to serve one model, and these serve ${names}; name one with --model, or give them different roles`
      complain(new Failure('usage', message), exitCodes.usage)
    }
    return exitCode
  },
})
