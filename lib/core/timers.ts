/** The longest delay a Node timer can hold; longer ones would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1
