/** Whether two types are the same, and neither is `any`. */
type Same<Got, Wanted> = 0 extends 1 & Got ? false : [Got, Wanted] extends [Wanted, Got] ? true : false

/** Returns a function that compiles only with a value of exactly the type `Wanted`. */
export function expectType<Wanted>(): <Got>(
  value: Got,
  ...wrong: Same<Got, Wanted> extends true ? [] : [never]
) => void {
  return () => {}
}
