/**
 * The performance of a series of positions. Returns are simple daily returns, as fractions (0.01 is 1 %). All figures
 * of a year depend only on its daily returns.
 */

/** Trading days by which daily figures are annualised. */
const TRADING_DAYS_PER_YEAR = 252

/** Cost of one unit of turnover, as a fraction of the equity: 5 basis points to open a position, and 5 to close it. */
export const COST_PER_TURNOVER = 0.0005

/** A standard deviation below this is the rounding error of a constant series. */
const SMALLEST_DEVIATION = 1e-12

/**
 * Daily returns of holding `positions`, after costs. The position of the close of day t - 1 earns the return from that
 * close to the close of day t. The cost of a change at the close of day t is charged on day t:
 *
 *     return(t) = position(t - 1) * (close(t) / close(t - 1) - 1) - cost * |position(t) - position(t - 1)|
 *
 * Cash earns nothing. Day 0 has no previous close, so its return is only the cost of a first position.
 *
 * @param closes - closing prices, one per day
 * @param positions - the fraction of the equity that is invested from each day's close on: 0 is flat, 1 is fully long
 * @param costPerTurnover - cost of one unit of turnover, as a fraction: 0.0005 is 5 basis points
 */
export function strategyReturns(closes: Float64Array, positions: Uint8Array, costPerTurnover: number): Float64Array {
  const returns = new Float64Array(closes.length)
  let previousClose = NaN
  let previousPosition = 0
  for (let t = 0; t < closes.length; t++) {
    const close = closes[t] as number
    const position = positions[t] as number
    const earned = previousPosition === 0 ? 0 : previousPosition * (close / previousClose - 1)
    returns[t] = earned - costPerTurnover * Math.abs(position - previousPosition)
    previousClose = close
    previousPosition = position
  }
  return returns
}

/**
 * The Sharpe ratio of daily returns, annualised: mean / sample standard deviation * sqrt(252). The risk-free rate is
 * zero, like the return of cash here. Returns that do not vary (a year without a position, fewer than two days) have no
 * ratio. It is 0 then, because NaN could not be compared or averaged.
 *
 * W. F. Sharpe, "The Sharpe Ratio", The Journal of Portfolio Management 21(1), 1994. Scaling by the square root of time
 * assumes uncorrelated days: A. W. Lo, "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4), 2002.
 */
export function sharpeRatio(returns: Float64Array): number {
  if (returns.length < 2) return 0
  let sum = 0
  for (const value of returns) sum += value
  const mean = sum / returns.length
  let squares = 0
  for (const value of returns) squares += (value - mean) ** 2
  const deviation = Math.sqrt(squares / (returns.length - 1))
  return deviation < SMALLEST_DEVIATION ? 0 : (mean / deviation) * Math.sqrt(TRADING_DAYS_PER_YEAR)
}

/** The compounded return over all days: 0.1 is a gain of 10 %. */
export function totalReturn(returns: Float64Array): number {
  let equity = 1
  for (const value of returns) equity *= 1 + value
  return equity - 1
}

/**
 * The largest fall of the equity from its highest value so far, as a fraction of that value: 0.2 is a fall of 20 %. The
 * equity before the first day is included.
 */
export function maxDrawdown(returns: Float64Array): number {
  let equity = 1
  let peak = 1
  let deepest = 0
  for (const value of returns) {
    equity *= 1 + value
    if (equity > peak) peak = equity
    else deepest = Math.max(deepest, 1 - equity / peak)
  }
  return deepest
}
