/** JSON from elsewhere: undefined where it is none. Some gateways put a byte order mark before it. */
export const json = (text: string): unknown => {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch {
    return undefined
  }
}
