/**
 * The calls of one record at once, but not without bound: a record with a hundred thousand
 * questions, or as many responses, would hold its prompt in memory once for each.
 */

/** `work` on every item, at most `most` of them at a time; what came of them in their order. */
export const sideBySide = async <In, Out>(
  items: readonly In[],
  most: number,
  work: (item: In, index: number) => Promise<Out>,
): Promise<Out[]> => {
  const results = new Array<Out>(items.length)
  let next = 0
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++)
      results[at] = await work(items[at] as In, at)
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane))
  return results
}
