/**
 * Loaded into a child with `--import`: at its exit it tells what it cost, on a pipe of its own.
 * Asked for from outside, `ps` would miss the last moments and a wrapper's own cost be in it.
 */
import { readFileSync, writeSync } from 'node:fs'

/** Descriptor of the pipe. */
export const toldOn = 3

export interface Cost {
  /** CPU seconds of all threads, user and system, start-up included. */
  cpu: number
  /** Seconds since the process began. */
  wall: number
  /** Largest resident set in MB. */
  peak: number
}

/** The kernel's own high-water mark; where there is none, what Node says. */
const peakKilobytes = (): number => {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
    if (kilobytes) return Number(kilobytes)
  } catch {
    // No /proc on this system.
  }
  return process.resourceUsage().maxRSS
}

if (process.env['BENCH_TELL'])
  process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    const cost: Cost = {
      cpu: (user + system) / 1e6,
      wall: performance.now() / 1000,
      peak: peakKilobytes() / 1024,
    }
    writeSync(toldOn, JSON.stringify(cost))
  })
