#!/usr/bin/env node
/**
 * The one executable. It sets an exit code and never calls `process.exit`: rows that wait in a
 * pipe would be lost.
 */
import { Buffer } from 'node:buffer'
import { holdSignals } from '../lib/cli/held-signals.js'

// Before all else is loaded: from here on Ctrl-C ends in a summary.
const signals = holdSignals(process)

// Requests and answers are a few KB each: cut from a slab they cost half of what an allocation
// each does, and Node's own slab is too small for them.
Buffer.poolSize = 128 * 1024

const [{ processSurroundings }, { program }] = await Promise.all([
  import('../lib/cli/process-edges.js'),
  import('../lib/cli/program.js'),
])
process.exitCode = await program(process.argv.slice(2), processSurroundings(signals))
signals.end()
