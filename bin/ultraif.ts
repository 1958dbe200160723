#!/usr/bin/env node
/**
 * The one executable. It sets an exit code and never calls `process.exit`: rows that wait in a
 * pipe would be lost.
 */
import { processSurroundings } from '../lib/cli/process-edges.js'
import { program } from '../lib/cli/program.js'

process.exitCode = await program(process.argv.slice(2), processSurroundings())
