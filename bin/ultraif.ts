#!/usr/bin/env node
/**
 * The one executable. It sets an exit code and never calls `process.exit`: rows that wait in a
 * pipe would be lost.
 */
import { Buffer } from 'node:buffer'
import { processSurroundings } from '../lib/cli/process-edges.js'
import { program } from '../lib/cli/program.js'

// Requests and answers are a few KB each: cut from a slab they cost half of what an allocation
// each does, and Node's own slab is too small for them.
Buffer.poolSize = 128 * 1024

process.exitCode = await program(process.argv.slice(2), processSurroundings())
