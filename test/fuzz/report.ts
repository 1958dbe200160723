import fc, { type RunDetails } from 'fast-check'

/** The smallest input that breaks a promise, and how it does. `any`: an input of any property. */
export const reportOf = async (details: RunDetails<any>): Promise<string> => {
  const { errorInstance: error } = details
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${await fc.asyncDefaultReportMessage(details)}\n${why}`
}
