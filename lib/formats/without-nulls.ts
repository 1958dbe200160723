/**
 * Takes out fields that are null. Data frames write null for whatever a row lacks, also deep in
 * a list, and mean by it that there is none.
 */

/** A copy without those of the fields at `paths` that are null; gone through once, however many. */
export const withoutNulls = (
  value: unknown,
  paths: readonly (readonly PropertyKey[])[],
): unknown => copied(value, treeOf(paths))

type Tree = Map<PropertyKey, Tree>

const treeOf = (paths: readonly (readonly PropertyKey[])[]): Tree => {
  const root: Tree = new Map()
  for (const path of paths) {
    let tree = root
    for (const key of path) {
      const next: Tree = tree.get(key) ?? new Map<PropertyKey, Tree>()
      tree.set(key, next)
      tree = next
    }
  }
  return root
}

const copied = (value: unknown, tree: Tree | undefined): unknown => {
  if (!tree || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((item, i) => copied(item, tree.get(i)) as unknown)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, field]) => field !== null || !tree.has(key))
      .map(([key, field]) => [key, copied(field, tree.get(key))]),
  )
}
