/**
 * A judge's answer as yes or no. Only a clear one counts; "partially", "N/A", a number or
 * silence is none, because a wrong label costs more than a lost one (reference defects S2, S3).
 */
const clear = /^["'`*\s]*(yes|no)["'`*.!\s]*$/i

export const readAnswer = (value: unknown): 'yes' | 'no' | undefined => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value !== 'string' || value.length > 40) return undefined
  const found = clear.exec(value)?.[1]?.toLowerCase()
  return found === 'yes' || found === 'no' ? found : undefined
}
